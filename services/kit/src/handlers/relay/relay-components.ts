import type { PeerIdentity } from '@cardume/client/trust';
import type { Caller } from '../../core/call-gate.ts';
import { callerHost } from '../../core/caller-host.ts';
import type { RelayMeter } from '../../core/relay/relay-meter.ts';
import type { Switchboard } from '../../core/relay/switchboard.ts';
import type { After } from '../../core/relay/tunnel.ts';
import type { UserRates } from '../../core/relay/user-rates.ts';
import type { WindowBudget } from '../../core/relay/window-budget.ts';
import type { SharedSlots } from '../../core/slots.ts';

/** What the handlers of a relay work with. */
export interface RelayComponents {
  switchboard: Switchboard;
  rates: UserRates;
  windows: WindowBudget;
  /** Those of peers that listen. */
  listenSlots: SharedSlots;
  /** Those of tunnels. */
  tunnelSlots: SharedSlots;
  /** Which peer calls, as its certificate says; undefined where there are none. */
  identify: (caller: Caller | undefined) => PeerIdentity | undefined;
  meter: RelayMeter;
  after: After;
  /** A clock in milliseconds. */
  nowMs: () => number;
}

/** Whose bounds a call counts towards: its user's, or those of the address that it comes from. */
export function userOf(identity: PeerIdentity | undefined, transportPeer: string): string {
  return identity === undefined ? `address ${callerHost(transportPeer) ?? 'unknown'}` : `user ${identity.user}`;
}
