/** The library: `import { createManifold } from 'manifold-sfu'`. */
export { ConfigError } from './config/config-error.ts';
export type { Config, ConfigInput } from './config/schema.ts';
export { type ErrorCode, ProtocolError, UserError } from './errors.ts';
export type { ListeningAddress } from './http/http-server.ts';
export { ListenError } from './http/listen-error.ts';
export { type Logger, silentLogger } from './log.ts';
export type { LayerPair, LayerPreference } from './media/layers/layer-policy.ts';
export type { CloseReason } from './rooms/close-reason.ts';
export type { JoinOptions, Participant } from './rooms/participant.ts';
export type { Publication, PublicationEncoding } from './rooms/publication.ts';
export type { Room } from './rooms/room.ts';
export type { Voice } from './rooms/room-speakers.ts';
export type { Rooms } from './rooms/rooms.ts';
export type { Subscription } from './rooms/subscription.ts';
export { createManifold, type Manifold, type ManifoldOptions } from './server.ts';
export type { DataChannelInit } from './webrtc/data-channels/channel-init.ts';
export type {
  DataChannel,
  DataChannelCloseReason,
  DataChannelState,
  SendResult,
} from './webrtc/data-channels/data-channel.ts';
