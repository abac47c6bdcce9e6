import { CardumeError } from '@cardume/client';
import { type CertificateHolder, type PeerIdentity, type Role, readMember, roles } from '@cardume/client/trust';
import type { Caller, CallGate } from '../core/call-gate.ts';

/** Who calls in a network with certificates. */
export type NetworkCaller = CertificateHolder & { notAfterMs: number };

/** What decides who may call what in a network. */
export interface NetworkGateInit {
  networkId: string;
  /** The least role for a method, by its path; `anybody` needs no certificate. The index may call what readers may. */
  roleFor(path: string): Role | 'anybody';
  /** Whether certificates are refused though they are valid. */
  isRevoked(identity: PeerIdentity): boolean;
  /** A clock in milliseconds since 1970. */
  nowMs: () => number;
}

/** Makes the gate of a network's server: callers are who their certificates say, and what they say of themselves counts nothing. */
export function createNetworkGate({ networkId, roleFor, isRevoked, nowMs }: NetworkGateInit): CallGate {
  return {
    identify: (certificateDer): NetworkCaller => readMember(certificateDer, networkId),
    accountOf: (caller) => peerOf(caller)?.peerId ?? 'index',
    admit(path, caller) {
      const least = roleFor(path);
      if (least === 'anybody') return;
      if (caller === undefined) {
        throw refused(
          'this network lets in only those who have a certificate of it; enrol with an invite: --index INVITE',
        );
      }
      // `identify` has made it.
      const member = caller as NetworkCaller;
      if (nowMs() > member.notAfterMs) {
        // Who says when to come back means that another connection may do.
        throw refused('your certificate has ended; connect with one that was renewed', 1_000);
      }
      checkRole(member, least);
      if (member.kind === 'peer' && isRevoked(member.identity))
        throw refused('your certificate was revoked; ask whoever runs the network');
    },
  };
}

/** The peer that calls, as its certificate says; undefined on a server without a gate, and for the index. */
export function peerOf(caller: Caller | undefined): PeerIdentity | undefined {
  const member = caller as NetworkCaller | undefined;
  return member?.kind === 'peer' ? member.identity : undefined;
}

/** Who calls, as far as a certificate says it. */
export interface CallerIdentity {
  peerId?: string;
  user?: string;
  /** `index` for the index of the network. */
  role?: Role | 'index';
}

/** What the certificate of a caller says; nothing without one. */
export function identityOf(caller: Caller | undefined): CallerIdentity {
  const peer = peerOf(caller);
  if (peer !== undefined) return { peerId: peer.peerId, user: peer.user, role: peer.role };
  return caller === undefined ? {} : { role: 'index' };
}

function checkRole(member: NetworkCaller, least: Role): void {
  const role = member.kind === 'index' ? 'index' : member.identity.role;
  const isEnough = role === 'index' ? least === 'reader' : roles.indexOf(role) >= roles.indexOf(least);
  if (isEnough) return;
  throw new CardumeError(
    'NOT_ALLOWED',
    `this needs the role ${least}, and yours is ${role}; ask whoever runs the network`,
    { metadata: { role, needed_role: least } },
  );
}

function refused(problem: string, retryDelayMs?: number): CardumeError {
  return new CardumeError('CERTIFICATE_REFUSED', problem, retryDelayMs === undefined ? {} : { retryDelayMs });
}
