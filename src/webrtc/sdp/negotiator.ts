/**
 * The server's side of offer and answer on one connection (RFC 9429, RFC 3264, RFC 8843): every line in one BUNDLE
 * group, rtcp-mux required. Either side may offer. Plan B is a way to write what is Unified Plan here: see
 * plan-b-section.ts.
 *
 *            setRemoteOffer               createOffer
 *   have-remote-offer  ◄──────  stable  ──────►  have-local-offer
 *            createAnswer  ──►    ▲    ◄──  setRemoteAnswer
 *                                 └───  rollback, from either; by itself for an offer that takes another's place
 *
 * Nothing is changed by a call that throws: every exchange is planned beside the state and then installed.
 */
import { ProtocolError, UserError } from '../../errors.ts';
import type { MediaKind } from '../../media/rtp-parameters.ts';
import { type DataLine, dataLineKind, isDataSlot } from './data-line.ts';
import { cloneIdentifiers, newIdentifiers, noteUsage, type Usage } from './identifiers.ts';
import { answerOffer, isRefused, taggedLine } from './local-answer.ts';
import { offerMedia, offerSlots } from './local-offer.ts';
import { applySlot } from './media-parameters.ts';
import type { LocalTransportDescription } from './media-section.ts';
import { type MediaSlot, slotNeedsNegotiation, taggedSlot } from './media-slot.ts';
import type { NegotiatorOptions } from './negotiator-options.ts';
import { parseSessionDescription } from './parse-session-description.ts';
import { joinGroup, joinSections } from './plan-b-join.ts';
import { sharedSections } from './plan-b-section.ts';
import { isPlanB, splitAnswer, splitOffer } from './plan-b-split.ts';
import { acceptAnswer, answerTransportLines } from './remote-answer.ts';
import { type OfferedLine, takeAnsweredLines, takeOfferedLines } from './remote-lines.ts';
import { planRemoteOffer, type RemoteOfferPlan } from './remote-offer.ts';
import { localRole, type RemoteTransportDescription, readRemoteTransport } from './remote-transport.ts';
import { maxSdpLength } from './sdp-limits.ts';
import type { DtlsSetup, MediaDescription, SessionDescription } from './session-description.ts';
import { allocateSources } from './source-allocation.ts';
import { type StopReason, Transceiver } from './transceiver.ts';
import { restoreTransceiver, type TransceiverSnapshot } from './transceiver-snapshot.ts';
import { writeSessionDescription } from './write-session-description.ts';
import { distinguishMsids } from './written-msid.ts';

export type { DataLine, DataLineCapability } from './data-line.ts';
export type { LocalTransportDescription } from './media-section.ts';
export type { NegotiatorOptions } from './negotiator-options.ts';
export type { RemoteTransportDescription } from './remote-transport.ts';

export type SignalingState = 'stable' | 'have-local-offer' | 'have-remote-offer' | 'closed';

interface PendingLocalOffer {
  readonly slots: readonly MediaSlot[];
  /** Transceivers that have a mid only through this offer. */
  readonly added: readonly Transceiver[];
}

interface PendingRemoteOffer {
  readonly description: SessionDescription;
  readonly plan: RemoteOfferPlan;
  readonly lines: readonly OfferedLine[];
  readonly transport: RemoteTransportDescription;
  readonly role: 'active' | 'passive';
  readonly undo: readonly TransceiverSnapshot[];
}

export class Negotiator {
  readonly #options: NegotiatorOptions;
  #signalingState: SignalingState = 'stable';
  #slots: readonly MediaSlot[] = [];
  /** Transceivers of ours that no completed exchange has given a slot. */
  #pending: readonly Transceiver[] = [];
  #localOffer: PendingLocalOffer | null = null;
  #remoteOffer: PendingRemoteOffer | null = null;
  readonly #identifiers = newIdentifiers();
  /** Of the last exchange, not noted among the identifiers yet: only offers need them, and many clients get none. */
  #usage: Usage | null = null;
  #remoteTransport: RemoteTransportDescription | null = null;
  #role: 'active' | 'passive' | null = null;
  #descriptionVersion = 0;
  #nextMid = 0;
  /** A line for data channels is offered where there is none. */
  #wantsData = false;
  /** Descriptions are in Plan B, those of the remote and ours. */
  #planB: boolean;

  constructor(options: NegotiatorOptions) {
    this.#options = options;
    this.#planB = options.semantics === 'plan-b';
  }

  get signalingState(): SignalingState {
    return this.#signalingState;
  }

  /** Our role in DTLS once an exchange has settled it: the passive side is the server. */
  get dtlsRole(): 'active' | 'passive' | null {
    return this.#role;
  }

  /**
   * In the order of their m-lines, then those not offered yet. A stopped one stays until its line is used
   * again, so that its `stopReason` can be read.
   */
  get transceivers(): readonly Transceiver[] {
    const lines: readonly { readonly transceiver: Transceiver | null }[] =
      this.#remoteOffer?.lines ?? this.#localOffer?.slots ?? this.#slots;
    const all: Transceiver[] = [];
    for (const { transceiver } of lines) if (transceiver !== null) all.push(transceiver);
    for (const transceiver of this.#pending) if (!all.includes(transceiver)) all.push(transceiver);
    return all;
  }

  /** What the remote said of its side of data channels; null while none are agreed. */
  get dataLine(): DataLine | null {
    return this.#slots.find(isDataSlot)?.data ?? null;
  }

  /** Whether one of our next offers asks for data channels, or the one that is out does. */
  get wantsDataLine(): boolean {
    return this.#wantsData;
  }

  /** Whether an offer of ours is due. Always false outside `stable`: ask again when the exchange is over. */
  get negotiationNeeded(): boolean {
    if (this.#signalingState !== 'stable') return false;
    const tagged = taggedSlot(this.#slots);
    const used = this.#slots.filter(({ rejected }) => !rejected).length;
    const adds = this.#waiting().length > 0 || this.#addsData;
    if (used < this.#options.maxMediaLines && adds) return true;
    return this.#slots.some((slot) => slotNeedsNegotiation(slot, slot === tagged));
  }

  /**
   * Adds a line of ours to the next offer.
   *
   * @throws {UserError} limit-media-lines, invalid-state when closed
   */
  addTransceiver(kind: MediaKind, direction: 'sendonly' | 'recvonly' | 'sendrecv'): Transceiver {
    if (this.#signalingState === 'closed') throw new UserError('invalid-state', 'The connection is closed.');
    const used = this.#slots.filter(({ rejected }) => !rejected).length;
    if (used + this.#waiting().length >= this.#options.maxMediaLines) {
      throw new UserError(
        'limit-media-lines',
        `The connection has ${this.#options.maxMediaLines} media lines.`,
      );
    }
    const transceiver = new Transceiver(kind, direction);
    this.#pending = [...this.#waiting(), transceiver];
    return transceiver;
  }

  /**
   * Adds a line for data channels to the next offer, unless there is one.
   *
   * @throws {UserError} invalid-state when closed, or where there may be no data channels
   */
  addDataLine(): void {
    if (this.#signalingState === 'closed' || !this.#options.dataChannels) {
      throw new UserError('invalid-state', 'The connection has no data channels.');
    }
    this.#wantsData = true;
  }

  /**
   * Takes a remote offer. Until createAnswer(), transceivers may be given a direction and msid, or be stopped.
   * A line the remote begins to send on is received unless the caller says otherwise. An offer that is out, ours
   * or the remote's, is rolled back for it once it is found usable.
   *
   * @throws {ProtocolError} malformed-sdp, unsupported-sdp, limit-media-lines, limit-message-size, or
   *   invalid-state when closed; nothing has changed then
   */
  setRemoteOffer(sdp: string): RemoteTransportDescription {
    if (this.#signalingState === 'closed') {
      throw new ProtocolError('invalid-state', 'An offer cannot be taken: the connection is closed.');
    }
    const parsed = this.#parse(sdp);
    const planB =
      this.#planB || (this.#options.semantics === 'unified-plan-with-fallback' && isPlanB(parsed));
    const description = planB ? splitOffer(parsed, this.#slots, this.#options.maxMediaLines) : parsed;
    const plan = planRemoteOffer(description, this.#slots, this.#options);
    const transport = this.#readTransport(description, plan.transportLines, 'actpass');
    const role = localRole(transport, this.#remoteTransport, this.#role);
    if (this.#signalingState !== 'stable') this.rollback();

    this.#planB = planB;
    const { lines, undo } = takeOfferedLines(plan);
    this.#remoteOffer = { description, plan, lines, transport, role, undo };
    this.#signalingState = 'have-remote-offer';
    return transport;
  }

  /**
   * Answers the remote's offer, and applies the answer.
   *
   * @throws {UserError} invalid-state where there is no offer to answer
   */
  createAnswer(): string {
    const offer = this.#remoteOffer;
    if (offer === null) throw new UserError('invalid-state', 'There is no offer to answer.');
    const { lines, plan, description } = offer;
    this.#prepareSending(lines.flatMap(({ transceiver }) => transceiver ?? []));
    const localTransport = this.#options.localTransport();
    const answer = answerOffer(lines, plan, this.#options, localTransport, offer.role);
    const sdp = this.#write(
      answer.media,
      answer.slots,
      answer.bundle,
      localTransport,
      description.extmapAllowMixed,
    );

    const tagged = taggedLine(lines, plan);
    for (const line of lines) {
      if (isRefused(line, tagged)) line.transceiver?.end(line.rejection as StopReason);
    }
    this.#complete(answer.slots, description, offer.transport, offer.role);
    return sdp;
  }

  /**
   * Offers the connection's lines and those added since, and applies the offer.
   *
   * @throws {UserError} invalid-state outside `stable`, or where there is no line to offer
   */
  createOffer(): string {
    if (this.#signalingState !== 'stable') {
      throw new UserError('invalid-state', `An offer cannot be made in state ${this.#signalingState}.`);
    }
    this.#noteUsage();
    const identifiers = cloneIdentifiers(this.#identifiers);
    const slots = offerSlots(
      this.#slots,
      this.#waiting(),
      this.#addsData,
      (kind) => this.#unusedMid(kind),
      this.#options,
      identifiers,
      this.#planB,
    );
    if (slots.length === 0) throw new UserError('invalid-state', 'There is no media line to offer.');
    const added = slots.flatMap(({ transceiver }) => (transceiver?.mid === null ? transceiver : []));
    this.#prepareSending(slots.flatMap(({ transceiver }) => transceiver ?? []));
    for (const { transceiver, mid, sectionMid } of slots)
      if (transceiver) Object.assign(transceiver, { mid, sectionMid });
    const localTransport = this.#options.localTransport();
    const media = offerMedia(slots, this.#options, localTransport);
    const bundle = slots.filter(({ rejected }) => !rejected).map(({ mid }) => mid);
    // Chromium of Plan B takes a=extmap-allow-mixed for an a=extmap that is malformed.
    const sdp = this.#write(media, slots, bundle, localTransport, !this.#planB);
    this.#localOffer = { slots, added };
    this.#signalingState = 'have-local-offer';
    return sdp;
  }

  /**
   * Takes the remote's answer to our offer.
   *
   * @throws {ProtocolError} malformed-sdp, unsupported-sdp, limit-message-size, or invalid-state where no offer
   *   of ours is out; nothing has changed then
   */
  setRemoteAnswer(sdp: string): RemoteTransportDescription {
    const offer = this.#localOffer;
    if (offer === null) {
      throw new ProtocolError('invalid-state', `An answer cannot be taken in state ${this.#signalingState}.`);
    }
    const parsed = this.#parse(sdp);
    const { description, slots: answered } = this.#planB
      ? splitAnswer(parsed, offer.slots, this.#options.maxMediaLines)
      : { description: parsed, slots: offer.slots };
    const slots = acceptAnswer(description, answered);
    const lines = answerTransportLines(description, answered);
    const transport = this.#readTransport(description, lines, 'active');
    if (transport.setup === 'actpass' && lines.length > 0) {
      throw new ProtocolError('malformed-sdp', 'An answer cannot say a=setup:actpass.');
    }
    const role = localRole(transport, this.#remoteTransport, this.#role);

    takeAnsweredLines(slots, description.media);
    // Refused once, it is not offered again by itself.
    if (offer.slots.some(isDataSlot) && !slots.some(isDataSlot)) this.#wantsData = false;
    this.#complete(slots, description, transport, role);
    return transport;
  }

  /**
   * Drops the offer that is out, ours or the remote's, with what it brought: transceivers that our offer
   * showed first are offered again later, those that the remote's offer made are stopped.
   *
   * @throws {UserError} invalid-state where no offer is out
   */
  rollback(): void {
    if (this.#localOffer) {
      for (const transceiver of this.#localOffer.added)
        Object.assign(transceiver, { mid: null, sectionMid: null });
    } else if (this.#remoteOffer) {
      const { undo, lines } = this.#remoteOffer;
      const kept = new Set(undo.map(({ transceiver }) => transceiver));
      for (const { transceiver } of lines) {
        if (transceiver && !kept.has(transceiver)) transceiver.end('rolled-back');
      }
      undo.forEach(restoreTransceiver);
    } else {
      throw new UserError(
        'invalid-state',
        `There is no offer to roll back in state ${this.#signalingState}.`,
      );
    }
    this.#localOffer = null;
    this.#remoteOffer = null;
    this.#signalingState = 'stable';
  }

  /** Stops every transceiver; no further call does anything. May be called twice. */
  close(): void {
    for (const transceiver of this.transceivers) transceiver.end('closed');
    this.#localOffer = null;
    this.#remoteOffer = null;
    this.#signalingState = 'closed';
  }

  get #addsData(): boolean {
    return this.#wantsData && !this.#slots.some(isDataSlot);
  }

  #parse(sdp: string): SessionDescription {
    if (sdp.length > (this.#options.maxSdpBytes ?? maxSdpLength)) {
      throw new ProtocolError('limit-message-size', 'The session description is too long.');
    }
    return parseSessionDescription(sdp);
  }

  #readTransport(
    description: SessionDescription,
    lines: readonly MediaDescription[],
    missingSetup: DtlsSetup,
  ): RemoteTransportDescription {
    const transport = readRemoteTransport(description, lines, this.#remoteTransport, missingSetup);
    if (transport.iceLite && this.#options.localTransport().iceLite) {
      throw new ProtocolError('unsupported-sdp', 'Both sides are ICE-lite, so neither would connect.');
    }
    this.#options.checkTransport?.(transport);
    return transport;
  }

  #write(
    media: readonly MediaDescription[],
    slots: readonly MediaSlot[],
    bundle: readonly string[],
    localTransport: LocalTransportDescription,
    extmapAllowMixed: boolean,
  ): string {
    this.#descriptionVersion++;
    const group = this.#planB ? joinGroup(bundle, slots) : bundle;
    return writeSessionDescription({
      sessionId: this.#options.sessionId,
      sessionVersion: String(this.#descriptionVersion),
      iceLite: localTransport.iceLite,
      extmapAllowMixed,
      bundleGroups: group.length > 0 ? [group] : [],
      media: this.#planB ? joinSections(media, slots) : media,
      usernameFragment: null,
      password: null,
      iceOptions: this.#options.trickle === false ? ['ice2'] : ['ice2', 'trickle'],
      fingerprints: [],
      setup: null,
      candidates: [],
      endOfCandidates: false,
    });
  }

  /** Installs the outcome of an exchange. */
  #complete(
    slots: readonly MediaSlot[],
    remote: SessionDescription,
    transport: RemoteTransportDescription,
    role: 'active' | 'passive',
  ): void {
    this.#noteUsage();
    const lines = remote.media.map(({ codecs, headerExtensions }) => ({ codecs, headerExtensions }));
    this.#usage = { slots, remote: lines };
    this.#slots = slots;
    this.#remoteTransport = transport;
    this.#role = role;
    this.#localOffer = null;
    this.#remoteOffer = null;
    this.#signalingState = 'stable';
    const shared = sharedSections(slots);
    for (const slot of slots) {
      if (slot.transceiver)
        applySlot(slot.transceiver, slot, this.#options.cname, shared.has(slot.sectionMid));
    }
    this.#pending = this.#waiting();
  }

  #noteUsage(): void {
    if (this.#usage !== null) noteUsage(this.#identifiers, this.#usage);
    this.#usage = null;
  }

  /** Transceivers of ours that have no slot yet and still want one. */
  #waiting(): Transceiver[] {
    return this.#pending.filter(
      (transceiver) => !transceiver.stopped && !this.#slots.some((slot) => slot.transceiver === transceiver),
    );
  }

  #prepareSending(transceivers: readonly Transceiver[]): void {
    allocateSources(transceivers, this.transceivers, this.#options.randomUint32);
    distinguishMsids(transceivers);
  }

  /** A mid that no line has; numbers given out once are not given out again, even after a rollback. */
  #unusedMid(kind: string): string {
    const name = kind === dataLineKind ? 'data' : kind;
    if (this.#planB && !this.#slots.some(({ mid }) => mid === name)) return name;
    let mid: string;
    do mid = String(this.#nextMid++);
    while (this.#slots.some((slot) => slot.mid === mid));
    return mid;
  }
}
