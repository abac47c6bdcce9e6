import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { EnrollmentServiceDefinition } from '@cardume/proto/trust/v1';
import { type Address, formatAddress } from '../../core/address/address.ts';
import type { Addresses } from '../../core/address/parse-addresses.ts';
import type { ClientTls } from '../../core/model/client-tls.ts';
import { connectTimeoutMs } from '../../core/time/connect-timeout.ts';
import { indexServerName } from '../../core/trust/server-names.ts';
import { CardumeError, messageOf } from '../../errors/cardume-error.ts';
import { cardumeErrorFrom } from '../../errors/from-unknown.ts';
import { grpcClient } from '../grpc/grpc-client.ts';
import { openGrpcSession } from '../grpc/grpc-session.ts';
import { checkPinnedChain, presentedChain } from './check-pinned-chain.ts';
import type { IdentityFolder, KeptMembership } from './identity-folder.ts';
import { makeRequest } from './make-request.ts';

/** Where and as whom to enrol. */
export interface EnrolInit {
  identity: IdentityFolder;
  networkId: string;
  /** Those of the index; the first one that answers is asked. */
  addresses: Addresses;
  /** A user's token. Undefined: the certificate that the identity has is renewed. */
  token: string | undefined;
}

/**
 * Gets a certificate for the key of an identity, and keeps it.
 *
 * At first contact nothing but the network's id is known: the index's chain is checked against it before the token is sent.
 *
 * @throws CardumeError TOKEN_REFUSED, CERTIFICATE_REFUSED; UNREACHABLE or TIMED_OUT when no address answers
 */
export async function enrol(init: EnrolInit): Promise<KeptMembership> {
  let failure: CardumeError | undefined;
  for (const address of init.addresses) {
    try {
      return await enrolAt(address, init);
    } catch (error) {
      failure = cardumeErrorFrom(error);
      // Another replica would say the same of a token or a certificate.
      if (failure.reason !== 'UNREACHABLE' && failure.reason !== 'TIMED_OUT' && failure.code !== 'UNAVAILABLE')
        throw failure;
    }
  }
  throw failure ?? CardumeError.invalidField('index', 'there is no address to enrol at');
}

async function enrolAt(address: Address, { identity, networkId, token }: EnrolInit): Promise<KeptMembership> {
  const { membership } = identity;
  const own = token === undefined ? membership : undefined;
  const tls: ClientTls = {
    authority: own?.authorities ?? (await pinnedAuthorities(address, networkId)),
    ...(own === undefined ? {} : { certificate: own.certificate, privateKey: identity.privateKey }),
    expects: { kind: 'index', networkId },
  };
  const session = openGrpcSession(address, { role: 'index', tls });
  try {
    const service = grpcClient(EnrollmentServiceDefinition, session, `index ${formatAddress(address)}`);
    const answer = await service.enroll({ signingRequest: await makeRequest(identity.privateKey), token: token ?? '' });
    return await identity.keep({
      networkId,
      certificate: answer.certificatePem,
      authorities: answer.authoritiesPem,
    });
  } finally {
    session.close();
  }
}

/** The authorities of a network, in PEM, as its index shows them: proved by the network's id. */
async function pinnedAuthorities(address: Address, networkId: string): Promise<string> {
  const socket = await handshake(address, networkId);
  try {
    const chain = presentedChain(socket);
    checkPinnedChain(chain, networkId, Date.now());
    return chain.slice(1).join('');
  } finally {
    socket.destroy();
  }
}

/** Connects with TLS to whoever is there: what it shows is checked by the caller, before anything is sent. */
function handshake({ host, port }: Address, networkId: string): Promise<TLSSocket> {
  const who = `index ${formatAddress({ host, port })}`;
  const options: ConnectionOptions = {
    host,
    port,
    servername: indexServerName(networkId),
    minVersion: 'TLSv1.3',
    ALPNProtocols: ['h2'],
    rejectUnauthorized: false,
  };
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
  const socket = connect(options, () => resolve(socket));
  const fail = (problem: string): void => {
    socket.destroy();
    reject(new CardumeError('UNREACHABLE', `${who} ${problem}`));
  };
  socket.setTimeout(connectTimeoutMs, () => fail(`said nothing for ${connectTimeoutMs / 1_000} s`));
  socket.once('error', (error) => fail(`cannot be connected with TLS: ${messageOf(error)}`));
  socket.once('close', () => fail('closed the connection before TLS was agreed on; does it serve without TLS?'));
  return promise.finally(() => socket.setTimeout(0));
}
