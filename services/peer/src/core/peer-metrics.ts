/** What came of a renewal. `forgotten`: the index does not know the lease any more, and the peer joins again. */
export type RenewalOutcome = 'renewed' | 'forgotten' | 'failed';

/** Is told what a peer does, to be counted. It must not throw. */
export interface PeerMetrics {
  /** So many bytes of files left: told of each chunk, when the operating system has it. */
  served(bytes: number): void;
  /** A file that was asked for is not the one that was hashed, before or while it was sent. */
  fileChanged(): void;
  renewed(outcome: RenewalOutcome): void;
  /** So many events are not in the audit log. */
  auditLost(count: number): void;
}

/** For a peer that nobody measures. */
export const noPeerMetrics: PeerMetrics = {
  served: () => {},
  fileChanged: () => {},
  renewed: () => {},
  auditLost: () => {},
};
