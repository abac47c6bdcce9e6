import type { Http2Session } from 'node:http2';
import type { ServerInterceptingCallInterface } from '@grpc/grpc-js';
import type { Caller, CallGate } from '../core/call-gate.ts';
import { sessionOf } from './call-internals.ts';

/** Says who calls; undefined: somebody without a certificate that the server trusts. It throws what `identify` throws. */
export type CallerOfCall = (call: ServerInterceptingCallInterface) => Caller | undefined;

/** Makes what says who calls. Certificates are read once for each connection, where connections can be told from each other. */
export function createCallerOfCall(gate: Pick<CallGate, 'identify'>): CallerOfCall {
  const known = new WeakMap<Http2Session, Caller>();
  return (call) => {
    const session = sessionOf(call);
    const before = session === undefined ? undefined : known.get(session);
    if (before !== undefined) return before;
    // It has one only when the connection was authorised.
    const certificate = call.getAuthContext().sslPeerCertificate?.raw;
    if (certificate === undefined) return undefined;
    const caller = gate.identify(certificate);
    if (session !== undefined) known.set(session, caller);
    return caller;
  };
}
