import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { frameMessage } from '@cardume/client';
import { DownloadFilesRequest, DownloadRequest, WatchPiecesRequest } from '@cardume/proto/transfer/v1';
import { afterEach } from '@jest/globals';

/** An HTTP/2 connection for `Download` calls: what a caller reads of them, and when, is the test's to say. */
export interface DownloadConnection {
  session: ClientHttp2Session;
  /** Calls `Download`. Nothing is read of the stream until the test does. */
  download(request: Partial<DownloadRequest>): ClientHttp2Stream;
  /** Calls `DownloadFiles` in the same way. */
  downloadFiles(digests: string[]): ClientHttp2Stream;
  /** Calls `WatchPieces` in the same way. */
  watchPieces(digest: string): ClientHttp2Stream;
}

const service = '/cardume.transfer.v1.TransferService';

/** Gives a function that connects to a peer. Connections are cut when the test has ended. */
export function useDownloadConnections(): (port: number, windowBytes?: number) => Promise<DownloadConnection> {
  const sessions: ClientHttp2Session[] = [];
  afterEach(() => {
    for (const session of sessions.splice(0)) session.destroy();
  });
  return async (port, windowBytes = 65_535) => {
    const session = connect(`http://127.0.0.1:${port}`, { settings: { initialWindowSize: windowBytes } });
    sessions.push(session);
    await once(session, 'remoteSettings');
    // The connection's window is no bound of these tests: only the streams' are.
    session.setLocalWindowSize(2 ** 30);
    const call = (method: string, request: Uint8Array): ClientHttp2Stream => {
      const path = `${service}/${method}`;
      const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' };
      const stream = session.request(headers);
      stream.on('error', () => {});
      stream.end(frameMessage(request));
      return stream;
    };
    return {
      session,
      download: (request) => call('Download', DownloadRequest.encode(DownloadRequest.fromPartial(request)).finish()),
      downloadFiles: (digests) => call('DownloadFiles', DownloadFilesRequest.encode({ digests }).finish()),
      watchPieces: (digest) => call('WatchPieces', WatchPiecesRequest.encode({ digest }).finish()),
    };
  };
}
