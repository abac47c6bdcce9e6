import { chunkHeaderBytes, frameChunk, frameMessage } from '@cardume/client';
import {
  DownloadFilesResponse,
  DownloadResponse,
  TransferServiceDefinition,
  type TransferServiceImplementation,
} from '@cardume/proto/transfer/v1';
import { createLogger, rawStream, serve, startServer } from '@cardume/service-kit';

/** What a sender serves who may lie. */
export interface HostileSender extends AsyncDisposable {
  readonly port: number;
  /** The digests of each request for small files. */
  readonly askedFor: string[][];
}

/**
 * Starts a real server that serves some bytes under whatever digest it is asked for, and a manifest of somebody's making.
 *
 * @param pieceHashes what it says is the manifest
 * @param smallFile what it serves as a small file of a digest; undefined: it does not have it. Default: it answers nothing
 */
export async function startHostileSender(served: {
  content: Buffer;
  sizeBytes: number;
  pieceLengthBytes: number;
  pieceHashes: Uint8Array;
  smallFile?: (digest: string) => Buffer | undefined;
}): Promise<HostileSender> {
  const { content, sizeBytes, pieceLengthBytes, pieceHashes, smallFile } = served;
  const askedFor: string[][] = [];
  const unused = async function* (): AsyncGenerator<never> {};
  const implementation: TransferServiceImplementation = {
    download: rawStream(async ({ digest, readOffset, readLimit }, { send }) => {
      const value = fileOf(digest, sizeBytes);
      await send(frameMessage(DownloadResponse.encode({ payload: { $case: 'file', value } }).finish()));
      const end = readLimit === 0 ? content.length : Math.min(content.length, readOffset + readLimit);
      for (let at = readOffset; at < end; at += 65_536) {
        await send(frameBytes(content.subarray(at, Math.min(at + 65_536, end))));
      }
    }),
    downloadFiles: rawStream(async ({ digests }, { send }) => {
      askedFor.push([...digests]);
      for (const digest of smallFile === undefined ? [] : digests) {
        const bytes = smallFile?.(digest);
        if (bytes === undefined) {
          const value = { digest, reason: 'FILE_NOT_SHARED', message: 'not yet' };
          await send(frameMessage(DownloadFilesResponse.encode({ payload: { $case: 'failure', value } }).finish()));
          continue;
        }
        const value = fileOf(digest, bytes.length);
        await send(frameMessage(DownloadFilesResponse.encode({ payload: { $case: 'file', value } }).finish()));
        await send(frameBytes(bytes));
      }
    }),
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
  return { port: server.address.port, askedFor, [Symbol.asyncDispose]: () => server.stop(0) };
}

function fileOf(digest: string, sizeBytes: number) {
  return { name: 'file', sizeBytes, digest, modifyTime: undefined, partial: false, folder: undefined };
}

/** A chunk, as both downloads have it. */
function frameBytes(bytes: Uint8Array): Buffer {
  const buffer = Buffer.alloc(chunkHeaderBytes + bytes.length);
  buffer.set(bytes, chunkHeaderBytes);
  return frameChunk(buffer, bytes.length);
}
