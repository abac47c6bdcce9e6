import { EnrollmentServiceDefinition } from '@cardume/proto/trust/v1';
import { formatAddress } from '../../core/address/address.ts';
import type { Addresses } from '../../core/address/parse-addresses.ts';
import { cardumeErrorFrom } from '../../errors/from-unknown.ts';
import { grpcClient } from '../grpc/grpc-client.ts';
import { openGrpcSession } from '../grpc/grpc-session.ts';
import { pinnedAuthorities } from './pinned-authorities.ts';

/** An OpenID Connect issuer whose id tokens a network takes. */
export interface OidcIssuer {
  /** Its URL, as in the claim `iss`. */
  issuer: string;
  /** Client ids at the issuer; an id token must be for one of them. */
  audiences: string[];
}

/**
 * Asks a network where its users sign in; no certificate is needed. What it says is proved by the network's id, as an invite has it.
 *
 * @param network an invite
 * @returns undefined when it takes no id tokens
 * @throws CardumeError UNREACHABLE or TIMED_OUT when no address answers; CERTIFICATE_REFUSED when another network does
 */
export async function askOidcIssuer(network: {
  networkId: string;
  addresses: Addresses;
}): Promise<OidcIssuer | undefined> {
  const { networkId, addresses } = network;
  let failure: unknown;
  for (const address of addresses) {
    try {
      const authority = await pinnedAuthorities(address, networkId);
      const tls = { authority, expects: { kind: 'index', networkId } } as const;
      const session = openGrpcSession(address, { role: 'index', tls });
      try {
        const service = grpcClient(EnrollmentServiceDefinition, session, `index ${formatAddress(address)}`);
        return (await service.getNetwork({})).oidcIssuer;
      } finally {
        session.close();
      }
    } catch (error) {
      failure = error;
    }
  }
  throw cardumeErrorFrom(failure);
}
