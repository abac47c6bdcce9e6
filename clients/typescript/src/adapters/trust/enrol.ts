import { EnrollmentServiceDefinition } from '@cardume/proto/trust/v1';
import { type Address, formatAddress } from '../../core/address/address.ts';
import type { Addresses } from '../../core/address/parse-addresses.ts';
import type { ClientTls } from '../../core/model/client-tls.ts';
import { CardumeError } from '../../errors/cardume-error.ts';
import { cardumeErrorFrom } from '../../errors/from-unknown.ts';
import { grpcClient } from '../grpc/grpc-client.ts';
import { openGrpcSession } from '../grpc/grpc-session.ts';
import { whileLimited } from '../grpc/while-limited.ts';
import type { IdentityFolder, KeptMembership } from './identity-folder.ts';
import { makeRequest } from './make-request.ts';
import { pinnedAuthorities } from './pinned-authorities.ts';

/** For how long an index that gives no more certificates for the moment is asked again, in milliseconds. */
const patienceMs = 30_000;

/** Where and as whom to enrol. */
export interface EnrolInit {
  identity: IdentityFolder;
  networkId: string;
  /** Those of the index; the first one that answers is asked. */
  addresses: Addresses;
  /** With what; undefined: the certificate that the identity has is renewed. */
  proof: EnrolProof | undefined;
}

/** What proves who somebody is that has no certificate. */
export type EnrolProof =
  /** A user's token. */
  | { token: string }
  /** An id token of the issuer that the network names. */
  | { idToken: string };

/**
 * Gets a certificate for the key of an identity, and keeps it.
 *
 * At first contact nothing but the network's id is known: the index's chain is checked against it before a token is sent. An index
 * that gives no more certificates, or takes no more connections, for the moment, as when a large fleet starts at once, is asked
 * again for 30 s.
 *
 * @throws CardumeError TOKEN_REFUSED, CERTIFICATE_REFUSED, LIMIT_REACHED; NOT_ALLOWED, ISSUER_UNAVAILABLE of an id token;
 *   UNREACHABLE or TIMED_OUT when no address answers
 */
export function enrol(init: EnrolInit): Promise<KeptMembership> {
  return whileLimited(() => enrolAtFirst(init), { endMs: performance.now() + patienceMs });
}

/** Enrols at the first address that answers. */
async function enrolAtFirst(init: EnrolInit): Promise<KeptMembership> {
  let failure: CardumeError | undefined;
  for (const address of init.addresses) {
    try {
      return await enrolAt(address, init);
    } catch (thrown) {
      const error = cardumeErrorFrom(thrown);
      // Another replica would say the same of a token or a certificate.
      if (error.reason !== 'UNREACHABLE' && error.reason !== 'TIMED_OUT' && error.code !== 'UNAVAILABLE') throw error;
      // One that says when to come back is there.
      if (failure?.retryDelayMs === undefined) failure = error;
    }
  }
  throw failure ?? CardumeError.invalidField('index', 'there is no address to enrol at');
}

async function enrolAt(address: Address, init: EnrolInit): Promise<KeptMembership> {
  const { identity, networkId, proof } = init;
  const { membership } = identity;
  if (proof === undefined && membership !== undefined) {
    const { authorities, certificate } = membership;
    return askTrusting(authorities, address, init, { certificate, privateKey: identity.privateKey });
  }
  return askTrusting(await pinnedAuthorities(address, networkId), address, init, {});
}

/** Asks an index that has one of these authorities; or, when it has gone on with another key of its own since, one that proves it. */
async function askTrusting(
  authority: string,
  address: Address,
  init: EnrolInit,
  own: Pick<ClientTls, 'certificate' | 'privateKey'>,
): Promise<KeptMembership> {
  try {
    return await ask(address, init, { authority, ...own });
  } catch (error) {
    if (cardumeErrorFrom(error).reason !== 'UNREACHABLE') throw error;
    const now = await pinnedAuthorities(address, init.networkId).catch(() => authority);
    if (now === authority) throw error;
    return ask(address, init, { authority: now, ...own });
  }
}

async function ask(
  address: Address,
  { identity, networkId, proof }: EnrolInit,
  tls: Omit<ClientTls, 'expects'>,
): Promise<KeptMembership> {
  const session = openGrpcSession(address, { role: 'index', tls: { ...tls, expects: { kind: 'index', networkId } } });
  try {
    const service = grpcClient(EnrollmentServiceDefinition, session, `index ${formatAddress(address)}`);
    const answer = await service.enroll({ signingRequest: await makeRequest(identity.privateKey), ...proof });
    return await identity.keep({
      networkId,
      certificate: answer.certificatePem,
      authorities: answer.authoritiesPem,
    });
  } finally {
    session.close();
  }
}
