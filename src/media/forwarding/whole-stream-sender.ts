import type { AllocatableSender, LayerChoice, LayerInfo } from '../bandwidth/allocatable-sender.ts';
import type { MediaKind } from '../rtp-parameters.ts';
import type { Forwarder } from './forwarder.ts';

/** The pause reason of a forwarder for which there is no bandwidth. */
export const noBandwidth = 'estimate-too-low';

/** A forwarder that sends its source whole or not at all, as the allocator sees it: one layer. */
export class WholeStreamSender implements AllocatableSender {
  readonly kind: MediaKind;
  readonly priority = 0;
  target: LayerChoice = { spatial: -1, temporal: -1 };
  targetReason = '';

  readonly #forwarder: Forwarder;

  constructor(forwarder: Forwarder) {
    this.kind = forwarder.kind;
    this.#forwarder = forwarder;
  }

  layers(): readonly LayerInfo[] {
    const { source, pauseReason } = this.#forwarder;
    const stream = source?.preferredStream;
    const wanted = pauseReason === null || pauseReason === noBandwidth;
    return [
      {
        spatial: 0,
        temporal: 0,
        bitrate: stream?.rate.bitsPerSecond ?? 0,
        active: wanted && stream !== null,
      },
    ];
  }

  setTarget(spatial: number, temporal: number, reason: string): void {
    this.target = { spatial, temporal };
    this.targetReason = reason;
    const forwarder = this.#forwarder;
    if (reason === noBandwidth) forwarder.pause(noBandwidth);
    else if (forwarder.pauseReason === noBandwidth) forwarder.resume();
  }
}
