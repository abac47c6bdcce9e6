import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { type Address, formatAddress } from '../../core/address/address.ts';
import type { ClientTls } from '../../core/model/client-tls.ts';

/** How many sessions are kept; each has some kilobytes. */
const maxSessions = 256;

/** Sessions by where they lead, as whom, and to whom; the one that was given the longest ago first. */
const sessions = new Map<string, Buffer>();

/**
 * Lets a connection go on with the keys of an earlier one to the same server (RFC 8446, 2.2): no certificate is sent or
 * verified then, which is most of what a short connection costs. It is the same server, since nobody else has those keys, and
 * for the server the same caller. A server that does not know them any more goes the long way, and nobody notices.
 */
export function resumableSession(address: Address, tls: ClientTls): Pick<ConnectionOptions, 'session'> {
  const session = sessions.get(keyOf(address, tls));
  return session === undefined ? {} : { session };
}

/** Keeps what the server gives to go on with later: TLS 1.3 sends it after each handshake. */
export function keepSessions(socket: TLSSocket, address: Address, tls: ClientTls): void {
  const key = keyOf(address, tls);
  socket.on('session', (session) => {
    sessions.delete(key);
    sessions.set(key, session);
    if (sessions.size > maxSessions) {
      const [oldest = ''] = sessions.keys();
      sessions.delete(oldest);
    }
  });
  socket.once('error', () => sessions.delete(key));
}

/** Another certificate, authority or expectation is another key: what was checked then is what would be checked now. */
function keyOf(address: Address, { authority, certificate = '', expects }: ClientTls): string {
  const whom = expects === undefined ? '' : `${expects.kind} ${expects.networkId} ${expects.peerId ?? ''}`;
  return [formatAddress(address), whom, certificate, authority].join('\n');
}
