/**
 * What the tests put into every page before its own scripts run: connections are tracked, and
 * `toolkit` offers the clients and reports the tests call through page.evaluate.
 */

import { dataClose, dataOpen, dataReceived, dataSendBytes, dataSendTexts, dataStates } from './data-page.ts';
import { shownSize, takeSeenFrames, watchFrames } from './frame-watch.ts';
import { krakenJoin, krakenMute, krakenView } from './kraken-page.ts';
import { playLayered } from './layered-player.ts';
import { layeredEncodings, publishLayered } from './layered-publisher.ts';
import { markedFramesMadeAt } from './marked-source.ts';
import { describeConnections, inboundMedia, outboundMedia } from './media-report.ts';
import { limitCameras, openSource } from './media-source.ts';
import {
  pionAddVideo,
  pionCrossNextOffer,
  pionJoin,
  pionLeave,
  pionMsids,
  pionReceived,
  pionRejoin,
  pionRestartIce,
  pionShown,
  sentMsids,
} from './pion-page.ts';
import { attachTrack, colourOfTrack, detachTrack, presentedFrames } from './playback.ts';
import { trackedConnections, trackPeerConnections } from './tracked-peer-connection.ts';
import { answerOf, endSession, playWhep, publishWhip, restartIceByPatch } from './whip-client.ts';

export const pageToolkit = {
  answerOf,
  attachTrack,
  colourOfTrack,
  dataClose,
  dataOpen,
  dataReceived,
  dataSendBytes,
  dataSendTexts,
  dataStates,
  describeConnections,
  detachTrack,
  endSession,
  inboundMedia,
  krakenJoin,
  krakenMute,
  krakenView,
  layeredEncodings,
  markedFramesMadeAt,
  openSource,
  outboundMedia,
  pionAddVideo,
  pionCrossNextOffer,
  pionJoin,
  pionLeave,
  pionMsids,
  pionReceived,
  pionRejoin,
  pionRestartIce,
  pionShown,
  playLayered,
  playWhep,
  presentedFrames,
  publishLayered,
  publishWhip,
  restartIceByPatch,
  shownSize,
  takeSeenFrames,
  sentMsids,
  trackedConnections,
  watchFrames,
};

declare global {
  var toolkit: typeof pageToolkit;
}

// esbuild, through which tsx runs the tests, marks functions with this helper; pages do not have it.
(globalThis as { __name?: unknown }).__name ??= (target: unknown) => target;
if (globalThis.RTCPeerConnection !== undefined && globalThis.toolkit === undefined) {
  trackPeerConnections();
  limitCameras();
  globalThis.toolkit = pageToolkit;
}
