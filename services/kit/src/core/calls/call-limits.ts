import type { CallAccounts } from './call-accounts.ts';
import type { CallRates } from './call-rates.ts';
import type { WaitingCalls } from './waiting-calls.ts';

/** What holds the calls of a server to its bounds. */
export interface CallLimits {
  accounts: CallAccounts;
  waiting: WaitingCalls;
  /** Undefined: callers may call as often as they like. */
  rates: CallRates | undefined;
  /** A clock in milliseconds. */
  nowMs: () => number;
}
