import { TransferServiceDefinition } from '@cardume/proto/transfer/v1';
import type { Address } from '../../core/address/address.ts';
import { type Manifest, proveManifest } from '../../core/digest/manifest.ts';
import { hashLengthBytes } from '../../core/digest/merkle-tree.ts';
import { pieceCount } from '../../core/digest/piece-length.ts';
import type { SharedFile } from '../../core/model/shared-file.ts';
import { CardumeError } from '../../errors/cardume-error.ts';
import { openChannel } from '../channel/open-channel.ts';
import type { CallOptions } from '../index/open-index.ts';

/** Which bytes to download. */
export interface DownloadRange {
  /** The file's digest; or its name within the share, or both. */
  digest?: string;
  name?: string;
  /** The first byte. Default: 0. */
  offset?: number;
  /** How many bytes at the most. Default: all to the end. */
  limit?: number;
}

/** A download under way. */
export interface Download {
  /** What the holder says the file is. Nothing of it is proven. */
  file: SharedFile;
  /** The bytes in order, in chunks of any size, exactly as they came: nothing of them is verified. Read it once. */
  chunks: AsyncIterable<Uint8Array>;
}

/** One page of what a peer shares. */
export interface FilesPage {
  files: SharedFile[];
  nextPageToken: string | undefined;
  /** The id of the peer that answered. */
  peerId: string;
  shareName: string;
  /** How many files it shares in all. */
  fileCount: number;
}

/**
 * A peer. Each method is one RPC (or its pages) and throws only CardumeErrors. What a peer says is unproven unless a
 * method says otherwise.
 */
export interface PeerClient {
  /** `HOST:PORT`. */
  readonly target: string;
  /** Starts a download; resolves when the holder has described the file. */
  download(range: DownloadRange, options?: CallOptions): Promise<Download>;
  /**
   * Fetches a manifest and proves it against the digest.
   *
   * @param sizeBytes the file's size, as far as it is known: it bounds what is taken from the peer
   * @throws CardumeError BYTES_MISMATCH when what the peer sends does not hash to the digest
   */
  manifest(digest: string, sizeBytes: number, pieceLengthBytes: number, options?: CallOptions): Promise<Manifest>;
  listFilesPage(pageSize: number, pageToken?: string, options?: CallOptions): Promise<FilesPage>;
  /** All that the peer shares, in the order of names. */
  listFiles(options?: CallOptions): AsyncGenerator<SharedFile, void, undefined>;
  /** Closes the connection. */
  close(): void;
}

/** Opens a peer. It connects on the first call. */
export function openPeer(address: Address): PeerClient {
  const channel = openChannel(address, 'peer');
  const service = channel.client(TransferServiceDefinition);

  const listFilesPage: PeerClient['listFilesPage'] = async (pageSize, pageToken = '', options = {}) => {
    const page = await service.listFiles({ pageSize, pageToken }, options);
    return { ...page, nextPageToken: page.nextPageToken === '' ? undefined : page.nextPageToken };
  };

  return {
    target: channel.target,
    async download({ digest = '', name = '', offset = 0, limit = 0 }, options = {}) {
      const messages = service.download({ digest, name, readOffset: offset, readLimit: limit }, options);
      const iterator = messages[Symbol.asyncIterator]();
      const first = await iterator.next();
      const payload = first.done === true ? undefined : first.value.payload;
      if (payload?.$case !== 'file') {
        await iterator.return?.();
        throw new CardumeError('BYTES_MISMATCH', `peer ${channel.target} did not begin the download with the file`);
      }
      return { file: payload.value, chunks: chunksOf({ [Symbol.asyncIterator]: () => iterator }) };
    },
    async manifest(digest, sizeBytes, pieceLengthBytes, options = {}) {
      const expectedBytes = pieceCount(sizeBytes, pieceLengthBytes) * hashLengthBytes;
      const parts: Uint8Array[] = [];
      let receivedBytes = 0;
      for await (const message of service.getManifest({ digest, pieceLengthBytes }, options)) {
        receivedBytes += message.pieceHashes.length;
        if (receivedBytes > expectedBytes || message.sizeBytes !== sizeBytes) {
          throw new CardumeError('BYTES_MISMATCH', `peer ${channel.target} sent a manifest of another file`);
        }
        parts.push(message.pieceHashes);
      }
      const manifest = { digest, sizeBytes, pieceLengthBytes, pieceHashes: Buffer.concat(parts) };
      proveManifest(manifest);
      return manifest;
    },
    listFilesPage,
    async *listFiles(options) {
      let pageToken: string | undefined;
      do {
        const page = await listFilesPage(1_000, pageToken, options);
        yield* page.files;
        pageToken = page.nextPageToken;
      } while (pageToken !== undefined);
    },
    close: () => channel.close(),
  };
}

type DownloadMessage = {
  payload?: { $case: 'file'; value: unknown } | { $case: 'chunk'; value: Uint8Array } | undefined;
};

async function* chunksOf(messages: AsyncIterable<DownloadMessage>): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const { payload } of messages) {
    if (payload?.$case === 'chunk') yield payload.value;
  }
}
