import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import type { Address } from '@cardume/client';
import { type Network, peerServerName } from '@cardume/client/trust';

/** A connection of a member that sends what it likes, when it likes. */
export interface RawMember {
  /** Begins a call and sends nothing of it. */
  begin(path: string): ClientHttp2Stream;
  close(): void;
}

/** Connects as a member to a peer, by its certificate. */
export async function connectRaw(address: Address, network: Network, servername: string): Promise<RawMember> {
  const { certificate, privateKey, clientAuthority } = network.serverTls();
  const session: ClientHttp2Session = connect(`https://127.0.0.1:${address.port}`, {
    cert: certificate,
    key: privateKey,
    ca: clientAuthority,
    servername,
    settings: { enablePush: false },
  });
  session.on('error', () => {});
  await once(session, 'remoteSettings');
  return {
    begin(path) {
      const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' };
      const stream = session.request(headers, { endStream: false });
      stream.on('error', () => {});
      stream.resume();
      return stream;
    },
    close: () => session.destroy(),
  };
}

/** The name that the certificate of a peer has. */
export const nameOfPeer = (network: Network, peerId: string): string => peerServerName(network.networkId, peerId);
