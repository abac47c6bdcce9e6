/** Is told what a relay carries, to be counted. It must not throw. */
export interface RelayMeter {
  /** So many bytes passed, whichever way. */
  relayed(bytes: number): void;
}

/** For a relay that nobody measures. */
export const noRelayMeter: RelayMeter = { relayed: () => {} };
