import { chunkHeaderBytes, frameChunk, frameMessage } from '@cardume/client';
import {
  DownloadResponse,
  TransferServiceDefinition,
  type TransferServiceImplementation,
} from '@cardume/proto/transfer/v1';
import { createLogger, rawStream, serve, startServer } from '@cardume/service-kit';

/** What a sender serves who may lie. */
export interface HostileSender extends AsyncDisposable {
  readonly port: number;
}

/**
 * Starts a real server that serves some bytes under whatever digest it is asked for, and a manifest of somebody's making.
 *
 * @param pieceHashes what it says is the manifest
 */
export async function startHostileSender(served: {
  content: Buffer;
  sizeBytes: number;
  pieceLengthBytes: number;
  pieceHashes: Uint8Array;
}): Promise<HostileSender> {
  const { content, sizeBytes, pieceLengthBytes, pieceHashes } = served;
  const unused = async function* (): AsyncGenerator<never> {};
  const implementation: TransferServiceImplementation = {
    download: rawStream(async ({ digest, readOffset, readLimit }, { send }) => {
      const file = { name: 'file', sizeBytes, digest, modifyTime: undefined, partial: false, folder: undefined };
      await send(frameMessage(DownloadResponse.encode({ payload: { $case: 'file', value: file } }).finish()));
      const end = readLimit === 0 ? content.length : Math.min(content.length, readOffset + readLimit);
      for (let at = readOffset; at < end; at += 65_536) {
        const bytes = content.subarray(at, Math.min(at + 65_536, end));
        const buffer = Buffer.alloc(chunkHeaderBytes + bytes.length);
        buffer.set(bytes, chunkHeaderBytes);
        await send(frameChunk(buffer, bytes.length));
      }
    }),
    downloadFiles: unused,
    async *getManifest() {
      yield { sizeBytes, pieceLengthBytes, pieceHashes };
    },
    watchPieces: unused,
    offer: unused,
    async upload() {
      return {};
    },
    async getUpload() {
      return {};
    },
    async listFiles() {
      return { peerId: 'e'.repeat(64) };
    },
  };
  const server = await startServer({
    listen: { host: '127.0.0.1', port: 0 },
    insecure: false,
    services: [serve(TransferServiceDefinition, implementation)],
    logger: createLogger({ service: 'hostile', level: 'silent' }),
  });
  return { port: server.address.port, [Symbol.asyncDispose]: () => server.stop(0) };
}
