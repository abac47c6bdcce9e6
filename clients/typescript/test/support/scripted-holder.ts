import {
  type DeepPartial,
  type DownloadFilesResponse,
  type DownloadRequest,
  type DownloadResponse,
  type GetManifestResponse,
  TransferServiceDefinition,
} from '@cardume/proto/transfer/v1';
import { createServer } from 'nice-grpc';
import { takesNothing } from '../../../../tests/support/takes-nothing.ts';
import { DigestBuilder, type HolderToTry, type Manifest, usualPieceLength } from '../../src/index.ts';

/** What a holder of the tests does otherwise than an honest one. Whatever is left out is honest. */
export interface Script {
  /** What it says of the file; `name`, `sizeBytes`, `digest`. */
  describe?: (honest: { name: string; sizeBytes: number; digest: string }) => { sizeBytes?: number; digest?: string };
  /** Changes the manifest's hashes before they are sent. */
  manifest?: (hashes: Buffer, signal: AbortSignal) => Buffer | Promise<Buffer>;
  /** Called before each chunk; may change it, wait, or throw. `offset` is the chunk's place in the file. */
  chunk?: (chunk: Buffer, offset: number, signal: AbortSignal) => Buffer | Promise<Buffer>;
  /** Called when all that was asked for is sent; what it yields is sent besides. */
  after?: (signal: AbortSignal) => AsyncIterable<Buffer>;
  /** The name that it gives its file. Default: `file`. */
  listedName?: string;
  /** Replaces the whole download. */
  download?: (request: DownloadRequest, signal: AbortSignal) => AsyncIterable<DeepPartial<DownloadResponse>>;
}

/** A holder that listens, and what it was asked. */
export interface ScriptedHolder {
  readonly holder: HolderToTry;
  readonly manifest: Manifest;
  readonly downloads: DownloadRequest[];
  readonly manifestRequests: number;
  script: Script;
  stop(): Promise<void>;
}

const chunkBytes = 256 * 1024;

/** Starts a real gRPC server with one file, that an honest peer would serve so, or a hostile one otherwise. */
export async function startScriptedHolder(content: Buffer, script: Script = {}): Promise<ScriptedHolder> {
  const builder = new DigestBuilder(usualPieceLength(content.length));
  builder.update(content);
  const manifest = builder.finish();
  const downloads: DownloadRequest[] = [];
  const holder = { peerId: 'e'.repeat(64), host: '127.0.0.1', port: 0, partial: false };
  const state = { holder, manifest, downloads, manifestRequests: 0, script, stop };

  async function* download(
    request: DownloadRequest,
    signal: AbortSignal,
  ): AsyncGenerator<DeepPartial<DownloadResponse>> {
    downloads.push(request);
    const current = state.script;
    if (current.download !== undefined) {
      yield* current.download(request, signal);
      return;
    }
    const honest = { name: current.listedName ?? 'file', sizeBytes: content.length, digest: manifest.digest };
    yield { payload: { $case: 'file', value: { ...honest, ...current.describe?.(honest) } } };
    const end = request.readLimit === 0 ? content.length : request.readOffset + request.readLimit;
    for (let at = request.readOffset; at < end; at += chunkBytes) {
      const chunk = content.subarray(at, Math.min(at + chunkBytes, end));
      const sent = (await current.chunk?.(Buffer.from(chunk), at, signal)) ?? chunk;
      yield { payload: { $case: 'chunk', value: sent } };
    }
    for await (const extra of current.after?.(signal) ?? []) yield { payload: { $case: 'chunk', value: extra } };
  }

  const server = createServer();
  server.add(TransferServiceDefinition, {
    download: (request, { signal }) => download(request, signal),
    async *downloadFiles({ digests }, { signal }): AsyncGenerator<DeepPartial<DownloadFilesResponse>> {
      for (const digest of digests) yield* download({ digest, name: '', readOffset: 0, readLimit: 0 }, signal);
    },
    async *getManifest(_request, { signal }): AsyncGenerator<DeepPartial<GetManifestResponse>> {
      state.manifestRequests += 1;
      const { sizeBytes, pieceLengthBytes } = manifest;
      const honest = Buffer.from(manifest.pieceHashes);
      const pieceHashes = (await state.script.manifest?.(honest, signal)) ?? honest;
      yield { sizeBytes, pieceLengthBytes, pieceHashes };
    },
    ...takesNothing,
    async *watchPieces() {},
    async listFiles() {
      const file = { name: state.script.listedName ?? 'file', sizeBytes: content.length, digest: manifest.digest };
      return { files: [file], peerId: holder.peerId, shareName: 'test', fileCount: 1 };
    },
  });
  holder.port = await server.listen('127.0.0.1:0');

  async function stop(): Promise<void> {
    server.forceShutdown();
  }
  return state;
}
