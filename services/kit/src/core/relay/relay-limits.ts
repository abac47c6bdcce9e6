/** How many peers listen at a relay at once; each has a stream and, while somebody connects, some hundred bytes. */
export const maxListeners = 10_000;
/** How many of them are of one user, or come from one address where there are no users. */
export const maxListenersPerUser = 1_000;
/** How many connections a relay carries at once, those that wait to be accepted among them: each has two streams. */
export const maxTunnels = 1_000;
/** How many of them one user has asked for, or one address. */
export const maxTunnelsPerUser = 64;
/** How many of them wait for one peer to accept them. */
export const maxWaitingTunnelsPerPeer = 64;
/** How long a peer may take to accept one. */
export const acceptTimeoutMs = 5_000;
/** How long a caller may take to send its first message. */
export const firstMessageTimeoutMs = 10_000;
/** For how long nothing may pass before a connection is given up; HTTP/2 asks for life more often than that. */
export const tunnelIdleMs = 120_000;
/** After how long a peer that listens hears that the stream lives. */
export const listenIdleMs = 15_000;
/** How many bytes of one side of a tunnel may be on their way here; it begins with 64 KiB. */
export const maxTunnelWindowBytes = 4_194_304;
/** How many bytes may be on their way of all tunnels of one user, or address, beyond what each begins with. */
export const maxTunnelWindowsBytesPerUser = 33_554_432;
/** How many of all. */
export const maxTunnelWindowsBytes = 268_435_456;
/** How many bytes one message carries at the most. */
export const maxTunnelDataBytes = 262_144;
/** How many bytes pass in a second for one user, both ways together, unless the operator says otherwise. */
export const defaultRelayBytesPerSecond = 16_777_216;
