/**
 * What came of dialling a peer back. `skipped`: it was not tried, since too many others were being dialled, or were dialled in vain;
 * `not_allowed`: its name leads to an address that it may not have.
 */
export type DialBackOutcome = 'reached' | 'another_peer' | 'failed' | 'skipped' | 'not_allowed';

/** Is told what an index does, to be counted. It must not throw. */
export interface IndexMetrics {
  /** A lease began, or took the place of the same peer's old one. */
  joined(): void;
  left(): void;
  /** So many leases were not renewed in time. */
  expired(leaseCount: number): void;
  /** A caller reported a peer that it had not reported already. */
  holderReported(): void;
  dialledBack(outcome: DialBackOutcome): void;
  /** So many bytes passed between a caller and a peer that nobody can dial. */
  relayed(bytes: number): void;
  /** So many events are not in the audit log. */
  auditLost(count: number): void;
}

/** For an index that nobody measures. */
export const noIndexMetrics: IndexMetrics = {
  joined: () => {},
  left: () => {},
  expired: () => {},
  holderReported: () => {},
  dialledBack: () => {},
  relayed: () => {},
  auditLost: () => {},
};
