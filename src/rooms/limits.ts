/** What a deployment allows; every number comes from the configuration. */
export interface RoomLimits {
  readonly maxRooms: number;
  readonly maxParticipantsPerRoom: number;
  /** Of all rooms together. */
  readonly maxParticipants: number;
  readonly maxPublicationsPerParticipant: number;
  /** Longest room id, participant id and name, in UTF-16 units. */
  readonly maxIdLength: number;
  /** How long a subscription may take to become live before it is reported as failed. */
  readonly subscriptionDeadlineMs: number;
}

export const defaultRoomLimits: RoomLimits = {
  maxRooms: 10_000,
  maxParticipantsPerRoom: 500,
  maxParticipants: 10_000,
  maxPublicationsPerParticipant: 16,
  maxIdLength: 256,
  subscriptionDeadlineMs: 15_000,
};
