import type { CallAccounts } from './call-accounts.ts';
import type { WaitingCalls } from './waiting-calls.ts';

/** What holds the calls of a server to its bounds. */
export interface CallLimits {
  accounts: CallAccounts;
  waiting: WaitingCalls;
  /** A clock in milliseconds. */
  nowMs: () => number;
}
