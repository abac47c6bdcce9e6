/** The largest message that a server takes; a larger one is RESOURCE_EXHAUSTED before it is decoded. */
export const maxRequestBytes = 4 * 1024 * 1024;

/** How many calls one connection may have open; further ones wait in the caller's HTTP/2 session. */
export const maxStreamsPerConnection = 1_000;

/** How many connections a server has at the most, unless its owner says otherwise; fewer where there are few descriptors. */
export const maxConnections = 20_000;

/** How many connections may be there of which no call has been let in. Of more, the oldest is closed: an honest one is young. */
export const maxGreetings = 1_024;

/**
 * How many connections a second one place may make over time, unless the server's owner says otherwise. Each may cost a handshake
 * of TLS, which takes a server half a millisecond also when whoever comes does nothing for it: these take a tenth of a processor.
 */
export const connectionsPerSecond = 200;

/** For how long of that it may make them all at once, in milliseconds: 1,000, as the peers behind one address when their index restarts. */
export const connectionBurstMs = 5_000;

/** How many times as many may come from all places together from which no member has called lately. */
export const strangerPlaces = 4;

/** How many connections such a place may try to make in those five seconds, and be let in before those that try more often. */
export const calmConnections = 5;

/** For how many milliseconds a place is remembered where a member was, at the least. */
export const knownPlaceMs = 3_600_000;

/** How many such places are remembered; of more, those where members were last. */
export const maxKnownPlaces = 50_000;

/** How many places are remembered for how many connections they have made; of more, those that made some last. */
export const maxRatedPlaces = 50_000;

/** For how many milliseconds a connection may be there before its first call was let in, its handshakes included. */
export const greetingTimeoutMs = 20_000;

/** For how many milliseconds a connection may be without a call. */
export const maxIdleMs = 300_000;

/** How many calls of a connection may be refused in a second, by who calls, how many, or how late; of more, it is cut. */
export const maxRefusalsPerConnection = 100;

/** How many calls are open at once. Of more, the one that has waited for its caller the longest is ended. */
export const maxCalls = 16_384;

/** How many of them are one caller's: as many as it may download and watch, and some more. */
export const maxCallsPerCaller = 2_560;

/**
 * How many calls a second one member may make over time, by its certificate, unless the server's owner says otherwise. A live peer
 * makes one in ten seconds, and each machine of a user is a member of its own. Renewals, the cheapest calls of an index, take a
 * quarter of a processor at this rate.
 */
export const callsPerSecond = 2_000;

/** For how long of that it may make its calls all at once, in milliseconds: 10,000 of them, as a program that asks for 10,000 files. */
export const callBurstMs = 5_000;

/**
 * How many times as many calls may come from one place without a certificate: all machines of a network may be behind one
 * address. The index asks for 2,000 renewals a second at the most, and theirs are not all calls.
 */
export const callersPerPlace = 4;

/**
 * How many of them at the most where callers have certificates: who has none only enrols, with a call or two for each of the
 * connections that may be made.
 */
export const strangerCallsPerSecond = 400;

/** How many members, and how many places, are remembered for that; of more, those that called last. */
export const maxRatedCallers = 50_000;

/** How many milliseconds a message of a caller may take to come, from when the server waits for it. */
export const requestTimeoutMs = 30_000;

/** How many characters the metadata of a call may have, about; gRPC's own C library takes as many. */
export const maxMetadataLength = 16_384;

/** How many bytes of callers' messages and metadata are held at once. */
export const maxHeldRequestBytes = 256 * 1024 * 1024;

/** How many of them are one caller's. */
export const maxHeldRequestBytesPerCaller = 64 * 1024 * 1024;

/** How long open calls may go on when a server stops, unless its owner says otherwise. */
export const defaultDrainMs = 2_000;

/** For how long a caller may take nothing of a raw stream before it is ended, unless the server's owner says otherwise. */
export const defaultStallTimeoutMs = 60_000;

/** After how many milliseconds a caller that met a bound may try again. */
export const slotRetryDelayMs = 1_000;

/** How many characters a page token may have: room for the longest name. */
export const maxPageTokenLength = 2_048;

/** How many refused calls a second are written to the audit log over time. */
export const refusalsPerSecond = 50;

/** How many of them at once. */
export const maxRefusalsAtOnce = 1_000;

/** How many UTF-16 units of a text stand in an event of the audit log. */
export const maxAuditTextLength = 512;

/** How many texts of a list stand in an event. */
export const maxAuditTexts = 8;

/** How many bytes of events may wait for the disk; those beyond are lost, and counted. */
export const maxWaitingAuditBytes = 8 * 1024 * 1024;

/** How many connections may ask for metrics at once; further ones are closed. A Prometheus holds one. */
export const maxMetricsConnections = 16;

/** How many bytes the headers of a request for metrics may have. */
export const maxMetricsHeaderBytes = 8 * 1024;

/** For how long a connection may say nothing, or take nothing, before it is closed, in milliseconds. */
export const metricsTimeoutMs = 10_000;
