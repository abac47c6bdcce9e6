import type { Http2Session } from 'node:http2';
import { isLoopback } from '@cardume/client';
import type { ServerInterceptingCallInterface } from '@grpc/grpc-js';
import type { Caller, CallGate } from '../core/call-gate.ts';
import { callerHost } from '../core/caller-host.ts';
import { callerPlace } from '../core/caller-place.ts';
import type { RatedAs } from '../core/calls/call-rates.ts';
import type { ConnectionUse, FindConnection } from '../core/connections/connection-use.ts';
import { sessionOf } from './call-internals.ts';

/** Where a call comes from. */
export interface CallOrigin {
  /** Who calls; undefined: somebody without a certificate that the server trusts, or there is no gate. */
  caller: Caller | undefined;
  /** Whose account the call is on: a peer's, by its certificate, else that of where it comes from. */
  account: string;
  /** Whose rate of calls it counts in. */
  ratedAs: RatedAs;
  /** Undefined where connections cannot be told from each other. */
  connection: ConnectionUse | undefined;
  /** What the gate said to the caller's certificate, when it did not take it. */
  refusal: { error: unknown } | undefined;
}

/** Says where a call comes from. */
export type OriginOfCall = (call: ServerInterceptingCallInterface) => CallOrigin;

/** Makes what says where calls come from. That is found out once for each connection, where they can be told from each other. */
export function createOriginOfCall(gate: CallGate | undefined, findConnection: FindConnection): OriginOfCall {
  const known = new WeakMap<Http2Session, CallOrigin>();
  return (call) => {
    const session = sessionOf(call);
    const before = session === undefined ? undefined : known.get(session);
    if (before !== undefined) return before;
    const { caller, refusal } = identify(gate, call);
    const counted =
      caller === undefined || gate === undefined
        ? placeOf(callerHost(call.getPeer()))
        : memberOf(gate.accountOf(caller));
    const isOfMember = gate === undefined || caller !== undefined;
    const connection = findConnection(call.getConnectionInfo(), session, isOfMember);
    const origin = { caller, ...counted, connection, refusal };
    if (session !== undefined) known.set(session, origin);
    return origin;
  };
}

type Counted = Pick<CallOrigin, 'account' | 'ratedAs'>;

function memberOf(account: string): Counted {
  return { account, ratedAs: 'member' };
}

function placeOf(host: string | undefined): Counted {
  return { account: callerPlace(host), ratedAs: host !== undefined && isLoopback(host) ? 'nobody' : 'place' };
}

function identify(
  gate: CallGate | undefined,
  call: ServerInterceptingCallInterface,
): Pick<CallOrigin, 'caller' | 'refusal'> {
  // It has one only when the connection was authorised.
  const certificate = gate === undefined ? undefined : call.getAuthContext().sslPeerCertificate?.raw;
  try {
    const caller = certificate === undefined ? undefined : gate?.identify(certificate);
    return { caller, refusal: undefined };
  } catch (error) {
    return { caller: undefined, refusal: { error } };
  }
}
