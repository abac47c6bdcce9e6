/** How long one attempt to connect may take: a peer that accepts TCP and says nothing costs this, not minutes. */
export const connectTimeoutMs = 5_000;
