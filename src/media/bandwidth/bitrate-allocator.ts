import type { LayerPreference } from '../layers/layer-policy.ts';
import { highestLayer } from '../layers/layer-selector.ts';
import type { AllocatableLayer, AllocatableSender } from './allocatable-sender.ts';
import { layerLadder } from './layer-ladder.ts';

/** Why a sender has its target; shown as it is. */
export type AllocationReason =
  /** Nothing is known of what the receiver's network carries. */
  | 'not-limited'
  /** It gets all it asks for. */
  | 'all-wanted'
  /** More would not fit. */
  | 'estimate-limited'
  /** More would fit, but it has switched a moment ago, or more has not fitted for long enough. */
  | 'waiting-to-switch-up'
  /** Not even its lowest layer fits. */
  | 'estimate-too-low'
  /** It has just begun, with the layer that subscriptions are to start with. */
  | 'starting-lowest'
  | 'starting-highest';

/** With which layer a subscription starts: the highest that is taken to fit, the lowest, or the highest there is. */
export type StartLayer = 'fitting' | 'lowest' | 'highest';

/** Packets are more than their payload: headers, SRTP, UDP, IP, in a stream of common packet sizes. */
const overheadFactor = 1.06;
/** The same of the small packets of audio, in bits per second: 50 packets of 64 bytes. */
const audioOverhead = 25_000;
/** A higher layer has to fit with this margin: the estimate falls by 15 % when it finds the capacity. */
const switchUpMargin = 1.2;
/** A layer in use is kept while it fits with this much too little ... */
const keepTolerance = 1.03;
/** ... for this long, or until the distance to the last switch is kept; with more too little than the next, not at all. */
const shortageMs = 800;
const severeShortage = 1.12;
/** A lowest layer in use is kept while so much of it fits: nothing at all would be worse than some loss. */
const lowestKeptShare = 0.8;
/** The same of what really gets through, for it is known better; a rate that is measured wavers. */
const carriedShare = 0.9;
/** A higher layer has to fit for so long. */
const switchUpAfterMs = 1000;
/** Between a switch and the next one up; doubled each time that a switch up did not last. */
const switchUpIntervalMs = 5000;
const maxSwitchUpIntervalMs = 40_000;
/** A switch up that was taken back within this time did not last. */
const lastingMs = 10_000;
/** What a sender gets in the first moments of its source does not count as switching. */
const settlingMs = 2000;

/** What the allocator remembers of a sender. */
interface Share {
  readonly sender: AllocatableSender;
  /** When there was first something to send; -1 before. */
  startedMs: number;
  /** That of the last run. */
  priority: number;
  /** Whether its target is this allocator's; until then it is not limited. */
  limited: boolean;
  /** Those to choose from, of this run. */
  layers: readonly AllocatableLayer[];
  /** Index in `layers`; -1 for nothing. */
  current: number;
  plan: number;
  switchedMs: number;
  switchedUpMs: number;
  /** Whether that did not last. */
  takenBack: boolean;
  intervalMs: number;
  roomSinceMs: number;
  /** What the receiver asked for the last time, and whether it has asked anew since the last choice. */
  preference: LayerPreference;
  asked: boolean;
}

/**
 * Shares an estimate over the senders of one connection: audio first, then the lowest layer of every video, then more
 * by priority. Switches down at once when it has to; up with margin, patience and at most one layer choice per sender
 * and interval; what a receiver asks for, it gets without waiting if it fits. Runs with each new estimate, not per packet.
 */
export class BitrateAllocator {
  /** Bits per second that would be used if all of it fitted; with overhead. */
  wanted = 0;
  /** Bits per second of what is to be sent at present; with overhead. */
  allocated = 0;
  /** Switches of targets while in steady state, for statistics. */
  switches = 0;

  readonly #startLayer: StartLayer;
  #shares: Share[] = [];
  #audio: AllocatableSender[] = [];
  #shortSinceMs = -1;
  /** Any of them. */
  #switchedMs = Number.NEGATIVE_INFINITY;

  constructor(startLayer: StartLayer = 'fitting') {
    this.#startLayer = startLayer;
  }

  add(sender: AllocatableSender): void {
    if (sender.kind === 'audio') {
      this.#audio.push(sender);
      return;
    }
    const startsLow = this.#startLayer === 'lowest';
    if (startsLow) aimLow(sender);
    this.#shares.push({
      sender,
      startedMs: -1,
      priority: sender.priority,
      limited: startsLow,
      layers: [],
      current: -1,
      plan: -1,
      switchedMs: Number.NEGATIVE_INFINITY,
      switchedUpMs: Number.NEGATIVE_INFINITY,
      takenBack: false,
      intervalMs: switchUpIntervalMs,
      roomSinceMs: -1,
      preference: sender.preference,
      asked: false,
    });
  }

  /** Sending begins: what was added before starts only now. */
  begin(): void {
    if (this.#startLayer === 'fitting') return;
    for (const share of this.#shares) {
      share.startedMs = -1;
      if (this.#startLayer !== 'lowest') continue;
      share.limited = true;
      aimLow(share.sender);
    }
  }

  remove(sender: AllocatableSender): void {
    this.#audio = this.#audio.filter((other) => other !== sender);
    this.#shares = this.#shares.filter((share) => share.sender !== sender);
  }

  /** Whether there is anything to share. */
  get hasVideo(): boolean {
    return this.#shares.length > 0;
  }

  /**
   * Shares `estimate` (bits per second, Infinity for no bound).
   * @param limitKnown false while more may well get through: then no video is refused its lowest layer
   * @param carried what gets through, in bits per second, where the estimate is bounded by nothing but losses; else 0:
   *   a lowest layer that gets through is kept
   */
  allocate(nowMs: number, estimate: number, limitKnown: boolean, carried = 0): void {
    const unbounded = estimate === Number.POSITIVE_INFINITY;
    const audio = this.#audio.reduce((sum, sender) => sum + audioCost(sender), 0);
    const shares = this.#shares.sort((one, other) => other.sender.priority - one.sender.priority);
    this.wanted = audio;
    for (const share of shares) {
      const layers = layersOf(share.sender);
      share.layers = layerLadder(layers, share.sender.detailed);
      notePriority(share);
      share.current = indexOfTarget(share, layers);
      if (share.sender.preference !== share.preference) {
        share.preference = share.sender.preference;
        share.asked = true;
      }
      if (share.startedMs < 0 && share.layers.length > 0) share.startedMs = nowMs;
      this.wanted += topBitrate(share.layers);
    }
    const budget = Math.max(0, estimate - audio);
    const tolerance = this.#tolerance(nowMs, budget);
    plan(shares, budget, tolerance, limitKnown, Math.max(0, carried - audio));
    for (const share of shares) {
      if (this.#starts(share, nowMs)) this.#start(share);
      else if (unbounded) release(share);
      else this.#apply(share, nowMs);
    }
    this.allocated = audio + shares.reduce((sum, share) => sum + cost(share, share.current), 0);
  }

  /** How much more than the budget what is being sent may take: a moment's shortage is sat out. */
  #tolerance(nowMs: number, budget: number): number {
    const used = this.#shares.reduce((sum, share) => sum + cost(share, share.current), 0);
    if (used <= budget * keepTolerance) {
      this.#shortSinceMs = -1;
      return keepTolerance;
    }
    if (this.#shortSinceMs < 0) this.#shortSinceMs = nowMs;
    const justSwitched = nowMs - this.#switchedMs < switchUpIntervalMs;
    const sitOut =
      used <= budget * severeShortage && (justSwitched || nowMs - this.#shortSinceMs < shortageMs);
    return sitOut ? severeShortage : 1;
  }

  /** Whether a share is in its first moments, of which it has been said what they are to look like. */
  #starts({ startedMs }: Share, nowMs: number): boolean {
    if (this.#startLayer === 'fitting') return false;
    if (startedMs < 0) return true;
    const lastsMs = this.#startLayer === 'lowest' ? switchUpAfterMs : settlingMs;
    return nowMs - startedMs < lastsMs;
  }

  /** At full frame rate, and whatever the estimate: it knows little yet. */
  #start(share: Share): void {
    const { sender, layers } = share;
    if (layers.length === 0) return;
    const highest = this.#startLayer === 'highest';
    const lowest = layers[0].spatial;
    share.asked = false;
    share.limited = true;
    share.current = highest ? layers.length - 1 : layers.findLastIndex(({ spatial }) => spatial === lowest);
    // What the layers above cost may not be known yet.
    if (highest) sender.setTarget(highestLayer, highestLayer, 'starting-highest');
    else sender.setTarget(lowest, highestLayer, 'starting-lowest');
  }

  #apply(share: Share, nowMs: number): void {
    const { layers, current } = share;
    const top = layers.length - 1;
    // Nothing comes: whatever does may go out until the next time.
    if (top < 0) return;
    const { asked } = share;
    share.asked = false;
    if (share.plan > current && !asked && !this.#maySwitchUp(share, nowMs)) {
      // From nothing to something is no luxury.
      const next = Math.max(current, 0);
      this.#choose(share, next, 'waiting-to-switch-up', nowMs, asked);
      return;
    }
    if (share.plan <= current) share.roomSinceMs = -1;
    const reason = share.plan === top ? 'all-wanted' : 'estimate-limited';
    this.#choose(share, share.plan, share.plan < 0 ? 'estimate-too-low' : reason, nowMs, asked);
  }

  #maySwitchUp(share: Share, nowMs: number): boolean {
    if (share.roomSinceMs < 0) share.roomSinceMs = nowMs;
    // A new sender is to look well soon.
    if (nowMs - share.startedMs < settlingMs) return true;
    return nowMs - share.roomSinceMs >= switchUpAfterMs && nowMs - share.switchedMs >= share.intervalMs;
  }

  #choose(share: Share, index: number, reason: AllocationReason, nowMs: number, asked: boolean): void {
    const { sender, layers, current } = share;
    const { target } = sender;
    const spatial = index < 0 ? -1 : layers[index].spatial;
    const temporal = index < 0 ? -1 : layers[index].temporal;
    share.limited = true;
    if (target.spatial === spatial && target.temporal === temporal && sender.targetReason === reason) return;
    // What the receiver asked for is no sign of a network that wavers.
    if (index !== current && !asked) this.#noteSwitch(share, index > current, nowMs);
    share.current = index;
    sender.setTarget(spatial, temporal, reason);
  }

  #noteSwitch(share: Share, up: boolean, nowMs: number): void {
    if (nowMs - share.startedMs >= settlingMs) this.switches++;
    share.roomSinceMs = -1;
    if (up) {
      if (nowMs - share.switchedUpMs > 4 * share.intervalMs) share.intervalMs = switchUpIntervalMs;
      share.switchedUpMs = nowMs;
      share.takenBack = false;
    } else if (!share.takenBack && nowMs - share.switchedUpMs < lastingMs) {
      // A fall of several steps, as after a cut of the capacity, takes it back once.
      share.takenBack = true;
      share.intervalMs = Math.min(maxSwitchUpIntervalMs, 2 * share.intervalMs);
    }
    share.switchedMs = nowMs;
    this.#switchedMs = nowMs;
  }
}

/** What has become more important need not keep the distance to its last switch. */
function notePriority(share: Share): void {
  const { priority } = share.sender;
  if (priority > share.priority) {
    share.switchedMs = Number.NEGATIVE_INFINITY;
    share.intervalMs = switchUpIntervalMs;
  }
  share.priority = priority;
}

/** Nothing is known that would limit a sender: what was limited is not any more. */
function release(share: Share): void {
  const { sender, layers, limited } = share;
  if (!limited) return;
  share.limited = false;
  share.current = layers.length - 1;
  sender.setTarget(highestLayer, highestLayer, 'not-limited');
}

/** Sets what each share could get of the budget, `shares` being in the order of their priority. */
function plan(
  shares: readonly Share[],
  budget: number,
  tolerance: number,
  limitKnown: boolean,
  carried: number,
): void {
  let left = budget * tolerance;
  let reallyLeft = carried;
  let spare = budget;
  // Whether one more step of a share fits, and if so takes it out of what is left.
  const take = (share: Share): boolean => {
    const next = share.plan + 1;
    if (next >= share.layers.length) return false;
    const step = cost(share, next) - cost(share, share.plan);
    // What is not sent yet has to fit with margin, except the lowest layer; which is not given up as easily as others.
    const kept = next <= share.current || next === 0;
    const lowestInUse = next === 0 && share.current >= 0;
    const getsThrough = step * lowestKeptShare <= left || step * carriedShare <= reallyLeft;
    const lowestKept = (next === 0 && !limitKnown) || (lowestInUse && getsThrough);
    const fits = kept ? step <= left : cost(share, next) * switchUpMargin - cost(share, share.plan) <= spare;
    if (!fits && !lowestKept) return false;
    left -= step;
    reallyLeft -= step;
    spare -= step;
    share.plan = next;
    return true;
  };
  for (const share of shares) {
    share.plan = -1;
    take(share);
  }
  for (let from = 0; from < shares.length; ) {
    const { priority } = shares[from].sender;
    let to = from;
    while (to < shares.length && shares[to].sender.priority === priority) to++;
    // Those of equal priority rise step by step together.
    for (let rising = true; rising; ) {
      rising = false;
      for (let i = from; i < to; i++) if (shares[i].plan >= 0 && take(shares[i])) rising = true;
    }
    from = to;
  }
}

function cost(share: Share, index: number): number {
  return index < 0 ? 0 : share.layers[index].bitrate * overheadFactor;
}

/** What can be sent of a video: the lowest layer that comes, and those above of which it is known what they cost. */
function layersOf(sender: AllocatableSender): AllocatableLayer[] {
  if (sender.suspended) return [];
  const active = sender.layers().filter((layer) => layer.active);
  return active.filter(({ bitrate }, index) => index === 0 || bitrate > 0);
}

function audioCost({ suspended, bitrate }: AllocatableSender): number {
  return suspended || bitrate === 0 ? 0 : bitrate + audioOverhead;
}

function topBitrate(layers: readonly AllocatableLayer[]): number {
  let top = 0;
  for (const { bitrate } of layers) if (bitrate > top) top = bitrate;
  return top * overheadFactor;
}

/** The highest layer to choose from that is not above what the target lets through of all `layers`. */
function indexOfTarget(
  { sender: { target }, layers: ladder }: Share,
  layers: readonly AllocatableLayer[],
): number {
  const sent = layers.findLast(
    ({ spatial, temporal }) => spatial <= target.spatial && temporal <= target.temporal,
  );
  if (sent === undefined) return -1;
  return ladder.findLastIndex(
    ({ spatial, temporal }) =>
      spatial < sent.spatial || (spatial === sent.spatial && temporal <= sent.temporal),
  );
}

/** Before anything has come, too: the first layer that does is not to be the highest. */
function aimLow(sender: AllocatableSender): void {
  sender.setTarget(0, highestLayer, 'starting-lowest');
}
