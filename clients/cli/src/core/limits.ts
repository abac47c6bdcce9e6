/** How many hits of one search are collected: ten times what an index ranks for one query. */
export const maxHits = 100_000;

/** How many peers are collected: as many as an index lets join. */
export const maxPeers = 100_000;

/** How many transfers of one process are collected: as many as a peer tells of. */
export const maxTransfers = 5_000;

/** How many characters of JSON all that is collected of one answer may have, however few its items are. */
export const maxCollectedCharacters = 128 * 1024 * 1024;

/** For how long a share waits for the file of `--index file:PATH`: an index that starts beside it has yet to leave it there. */
export const indexFileWaitMs = 60_000;

/** To how many peers something is sent at once; an offer names as many others. */
export const maxSendsAtOnce = 64;

/** For how long `cardume send` waits until what it sends is hashed that was written to just then, in milliseconds. */
export const sendHashWaitMs = 15_000;
