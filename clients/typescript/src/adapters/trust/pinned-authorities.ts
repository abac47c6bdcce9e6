import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { type Address, formatAddress } from '../../core/address/address.ts';
import { connectTimeoutMs } from '../../core/time/connect-timeout.ts';
import { indexServerName } from '../../core/trust/server-names.ts';
import { cutRetryDelayMs, wasCutAtOnce } from '../../core/wire/cut-connection.ts';
import { CardumeError, type CardumeErrorDetails, messageOf } from '../../errors/cardume-error.ts';
import { checkPinnedChain, presentedChain } from './check-pinned-chain.ts';

/**
 * The authorities of a network, in PEM, as its index shows them: proved by the network's id.
 *
 * @throws CardumeError UNREACHABLE; CERTIFICATE_REFUSED when another answers there
 */
export async function pinnedAuthorities(address: Address, networkId: string): Promise<string> {
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
  const fail = (problem: string, details: CardumeErrorDetails = {}): void => {
    socket.destroy();
    reject(new CardumeError('UNREACHABLE', `${who} ${problem}`, details));
  };
  socket.setTimeout(connectTimeoutMs, () => fail(`said nothing for ${connectTimeoutMs / 1_000} s`));
  socket.once('error', (error) => {
    const details = wasCutAtOnce(error) ? { retryDelayMs: cutRetryDelayMs } : {};
    fail(`cannot be connected with TLS: ${messageOf(error)}`, details);
  });
  socket.once('close', () => fail('closed the connection before TLS was agreed on; does it serve without TLS?'));
  return promise.finally(() => socket.setTimeout(0));
}
