/** Where a relay listens unless it is told otherwise. */
export const defaultRelayPort = 50_053;
