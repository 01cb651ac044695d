/** Everything a client of this dialect can make grow stops here, or at a key of the configuration. */

/** Objects a session made and that live; 40009 beyond. The group call of n has n² endpoints. */
export const maxObjectsPerSession = 20_000;
/** Objects of all sessions together. */
export const maxObjects = 100_000;
/** A pipeline is a room. */
export const maxPipelines = 10_000;
/** Listeners an application sets: some ten for each endpoint. */
export const maxSubscriptionsPerSession = 20_000;
/** Of all sessions together on one object. */
export const maxSubscriptionsPerObject = 1000;
/** References a session holds to objects, its own and those of others. */
export const maxReferencesPerSession = 50_000;
/** Of all sessions together. */
export const maxReferences = 500_000;
export const maxTagsPerObject = 64;
/** Longest tag with its key, name and stored property, in UTF-16 units. */
export const maxTextLength = 2048;
/** What all tags, names and stored properties may take together, in UTF-16 units. */
export const maxStoredText = 16 * 1024 * 1024;
/** Longest session description, in UTF-16 units; browsers write 5 to 30 thousand. */
export const maxDescriptionLength = 128 * 1024;
/** What the descriptions of all endpoints may take together, in UTF-16 units. */
export const maxDescriptions = 512 * 1024 * 1024;
/** Sessions that came from one address and live; they outlive their connections. */
export const maxSessionsPerAddress = 1024;
/** Longest session id that a client may choose. */
export const maxSessionIdLength = 256;
/** Operations of one transaction. */
export const maxTransactionOperations = 1000;
/** The loudest, in an event of audio levels: it comes many times a second. */
export const maxLevelsPerEvent = 64;
/** Responses kept for requests that come again, per session and of all sessions. */
export const maxCachedResponses = 256;
export const maxCachedBytesPerSession = 512 * 1024;
export const maxCachedBytes = 64 * 1024 * 1024;
/** Kurento Media Server keeps them for so long. */
export const cachedForMs = 20_000;
/** Calls of one connection that take their time beside the others (getUsedCpu). */
export const maxCallsAside = 16;
/** Requests of one connection that wait for those before them; it is not read from beyond. */
export const maxWaitingRequests = 256;
/** Their length together, in UTF-16 units. One message may be longer. */
export const maxWaitingText = 1024 * 1024;
