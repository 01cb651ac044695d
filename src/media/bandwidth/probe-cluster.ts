import { arrivalTicksPerMs } from '../rtcp/transport-feedback.ts';
import { timestampDelta } from '../rtp/serial-number.ts';
import { maxProbeCluster, sentTicksPerMs } from './sent-packet-log.ts';

/** A cluster lasts this long (the careful kind longer) and has so many packets at least: fewer would measure the path's jitter. */
const minClusterMs = 60;
const longClusterMs = 100;
const minClusterPackets = 10;
/** A cluster that cannot be filled in this time is given up. */
const maxClusterMs = 400;
/** The share of a cluster that must have arrived for a result (libwebrtc). */
const minArrived = 0.8;
/** No result later than this after the last packet. */
const resultTimeoutMs = 1000;
/** Arriving this much slower than sent means that the probe has found the capacity: a little less is right then. */
const saturated = 0.92;
const saturatedShare = 0.95;
/** Arriving faster than that was held back on the way and let go at once: says nothing. */
const maxSpeedUp = 2;

/**
 * One probe: packets sent for a moment at a rate above the estimate, and how fast they arrive (libwebrtc's
 * ProbeBitrateEstimator). One at a time.
 */
export class ProbeCluster {
  /** Number of the cluster being sent, for SentPacketLog; 0 when none is. */
  sending = 0;
  /** Bits per second it is sent at. */
  bitrate = 0;

  /** Of the last result: whether less got through than was sent. */
  saturated = false;

  #id = 0;
  #awaiting = false;
  #startedMs = 0;
  #sentPackets = 0;
  #sentBytes = 0;
  #targetBytes = 0;
  #endedMs = 0;
  // What has been reported of it.
  #packets = 0;
  #bytes = 0;
  #firstSent = 0;
  #lastSent = 0;
  #lastSentBytes = 0;
  #firstArrival = 0;
  #firstArrivalBytes = 0;
  #lastArrival = 0;

  /** Whether one is being sent, or its result awaited. */
  get busy(): boolean {
    return this.sending !== 0 || this.#awaiting;
  }

  /** @param careful whether a wrong answer would do harm: takes a little longer */
  start(nowMs: number, bitrate: number, careful: boolean): void {
    this.#id = (this.#id % maxProbeCluster) + 1;
    this.sending = this.#id;
    this.bitrate = bitrate;
    this.#awaiting = true;
    this.#startedMs = nowMs;
    this.#sentPackets = 0;
    this.#sentBytes = 0;
    this.#targetBytes = (bitrate * (careful ? longClusterMs : minClusterMs)) / 8000;
    this.#packets = 0;
    this.#bytes = 0;
  }

  /** A packet of the cluster was sent. */
  sent(bytes: number): void {
    this.#sentPackets++;
    this.#sentBytes += bytes;
  }

  /** Bytes that are due by now to keep up the cluster's rate; ends the cluster when it is complete. */
  due(nowMs: number): number {
    const elapsedMs = nowMs - this.#startedMs;
    const complete = this.#sentPackets >= minClusterPackets && this.#sentBytes >= this.#targetBytes;
    if (complete || elapsedMs > maxClusterMs) {
      this.sending = 0;
      this.#endedMs = nowMs;
      if (!complete) this.#awaiting = false;
      return 0;
    }
    // One byte more, so that there is a first packet.
    return (this.bitrate * elapsedMs) / 8000 - this.#sentBytes + 1;
  }

  /** A packet of cluster `id` was reported as received. */
  arrived(id: number, sentTicks: number, arrivalTicks: number, bytes: number): void {
    if (id !== this.#id || !this.#awaiting) return;
    if (this.#packets === 0) {
      this.#firstSent = sentTicks;
      this.#lastSent = sentTicks;
      this.#lastSentBytes = bytes;
      this.#firstArrival = arrivalTicks;
      this.#firstArrivalBytes = bytes;
      this.#lastArrival = arrivalTicks;
    }
    this.#packets++;
    this.#bytes += bytes;
    if (timestampDelta(sentTicks, this.#firstSent) < 0) this.#firstSent = sentTicks;
    if (timestampDelta(sentTicks, this.#lastSent) >= 0) {
      this.#lastSent = sentTicks;
      this.#lastSentBytes = bytes;
    }
    if (timestampDelta(arrivalTicks, this.#firstArrival) < 0) {
      this.#firstArrival = arrivalTicks;
      this.#firstArrivalBytes = bytes;
    }
    if (timestampDelta(arrivalTicks, this.#lastArrival) > 0) this.#lastArrival = arrivalTicks;
  }

  /** After feedback: bits per second the path has shown to carry; 0 while unknown, -1 for a probe that came to nothing. */
  takeResult(nowMs: number): number {
    if (!this.#awaiting || this.sending !== 0) return 0;
    if (this.#packets < minArrived * this.#sentPackets) {
      if (nowMs - this.#endedMs < resultTimeoutMs) return 0;
      this.#awaiting = false;
      return -1;
    }
    this.#awaiting = false;
    const sentMs = timestampDelta(this.#lastSent, this.#firstSent) / sentTicksPerMs;
    const arrivalMs = timestampDelta(this.#lastArrival, this.#firstArrival) / arrivalTicksPerMs;
    if (sentMs <= 0 || arrivalMs <= 0) return -1;
    const sendRate = ((this.#bytes - this.#lastSentBytes) * 8000) / sentMs;
    const arrivalRate = ((this.#bytes - this.#firstArrivalBytes) * 8000) / arrivalMs;
    if (arrivalRate > maxSpeedUp * sendRate) return -1;
    this.saturated = arrivalRate < saturated * sendRate;
    return this.saturated ? saturatedShare * arrivalRate : Math.min(sendRate, arrivalRate);
  }
}
