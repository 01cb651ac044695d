/** Runs a scenario on a virtual clock, and writes down what happened. */
import { NetworkEmulator } from '../network/network-emulator.ts';
import type { CapacityStep, Scenario } from './scenarios.ts';
import { SimulatedFlow, type SimulatedPacket } from './simulated-flow.ts';

/** RFC 8867 §4.1: the bottleneck's queue, and jitter of a cut normal distribution within 30 ms. */
const queueMs = 300;
const jitterMs = 5;
const stepMs = 1;
const sampleMs = 100;
/** RTCP with SRTP, UDP and IP. */
const feedbackOverheadBytes = 46;

export interface Sample {
  readonly atMs: number;
  /** Of the bottlenecks, bits per second: of the forward one, and of the other. */
  readonly capacity: number;
  readonly backwardCapacity: number;
  /** By flow: bits per second, 0 while it has nothing to send. */
  readonly estimates: readonly number[];
  readonly arrived: readonly number[];
  readonly layers: readonly number[];
  readonly reasons: readonly string[];
  /** Of the forward bottleneck, at the end of the sample. */
  readonly queueMs: number;
}

export interface Trace {
  readonly scenario: Scenario;
  readonly flows: readonly SimulatedFlow[];
  readonly samples: readonly Sample[];
  /** Waiting time of every packet at the forward bottleneck, ms, with when it came. */
  readonly waits: readonly { readonly atMs: number; readonly waitMs: number }[];
  readonly sent: readonly number[];
  readonly dropped: readonly number[];
}

interface Route {
  readonly bottleneck: NetworkEmulator<SimulatedPacket>;
  capacity: number;
}

export function simulate(scenario: Scenario, seed: number): Trace {
  const clock = { nowMs: 0, ntpOffsetMs: 0 };
  const forward = route(scenario.forward, seed);
  const backward = route(scenario.backward, seed + 1);
  const samples: Sample[] = [];
  const waits: { atMs: number; waitMs: number }[] = [];
  const sent: number[] = [];
  const dropped: number[] = [];
  const send = (over: Route, packet: SimulatedPacket) => {
    if (over === forward && packet.feedback === null) {
      waits.push({ atMs: clock.nowMs, waitMs: (over.bottleneck.queuedBytes * 8000) / over.capacity });
      sent.push(clock.nowMs);
    }
    const result = over.bottleneck.enqueue(clock.nowMs, packet);
    if (result === 'dropped-queue-full' && over === forward && packet.feedback === null)
      dropped.push(clock.nowMs);
  };
  const flows = scenario.flows.map(
    (options, index) =>
      new SimulatedFlow(options, clock, seed * 100 + index, (packet) =>
        send(options.direction === 'forward' ? forward : backward, packet),
      ),
  );
  // The wires behind the bottlenecks are each flow's own.
  const wires = new Map(
    flows.map((flow, index) => {
      const parameters = { delayMs: flow.options.oneWayDelayMs, jitterMs };
      const wire = (offset: number) =>
        new NetworkEmulator<SimulatedPacket>(parameters, seed * 1000 + index * 2 + offset);
      return [flow, { media: wire(0), feedback: wire(1) }] as const;
    }),
  );
  const arrivedBefore = flows.map(() => 0);
  for (let now = 0; now < scenario.durationMs; now += stepMs) {
    clock.nowMs = now;
    setCapacity(forward, scenario.forward, now);
    setCapacity(backward, scenario.backward, now);
    for (const { bottleneck } of [forward, backward]) {
      for (let at = bottleneck.nextDeadline(); at <= now; at = bottleneck.nextDeadline()) {
        for (const packet of bottleneck.take(at)) {
          const wire = wires.get(packet.flow)!;
          (packet.feedback === null ? wire.media : wire.feedback).enqueue(at, packet);
        }
      }
    }
    for (const [flow, { media, feedback }] of wires) {
      for (let at = media.nextDeadline(); at <= now; at = media.nextDeadline()) {
        for (const packet of media.take(at)) flow.arrive(packet, at);
      }
      for (const packet of feedback.take(now)) flow.receiveFeedback(packet.feedback!);
      for (const bytes of flow.takeFeedback()) {
        send(flow.options.direction === 'forward' ? backward : forward, {
          length: bytes.length + feedbackOverheadBytes,
          flow,
          sequence: -1,
          feedback: bytes,
          sentMs: now,
        });
      }
      flow.run();
    }
    if (now % sampleMs === 0) {
      samples.push({
        atMs: now,
        capacity: forward.capacity,
        backwardCapacity: backward.capacity,
        estimates: flows.map((flow) => (flow.active ? flow.bandwidth.estimate : 0)),
        arrived: flows.map(({ arrivedBytes }, index) => {
          const bits = ((arrivedBytes - arrivedBefore[index]) * 8000) / sampleMs;
          arrivedBefore[index] = arrivedBytes;
          return bits;
        }),
        layers: flows.map(({ source: { target } }) =>
          target.spatial < 0 ? 0 : target.spatial * 3 + target.temporal + 1,
        ),
        reasons: flows.map((flow) => flow.bandwidth.reason),
        queueMs: (forward.bottleneck.queuedBytes * 8000) / forward.capacity,
      });
    }
  }
  return { scenario, flows, samples, waits, sent, dropped };
}

function route(steps: readonly CapacityStep[], seed: number): Route {
  const capacity = steps[0].bps;
  return {
    bottleneck: new NetworkEmulator<SimulatedPacket>({ capacityBps: capacity, queueMs }, seed),
    capacity,
  };
}

function setCapacity(over: Route, steps: readonly CapacityStep[], now: number): void {
  const step = steps.findLast(({ atMs }) => atMs <= now)!;
  if (step.bps === over.capacity) return;
  over.capacity = step.bps;
  over.bottleneck.update(now, { capacityBps: step.bps });
}
