import { TransferServiceDefinition } from '@cardume/proto/transfer/v1';
import type { Address } from '../../core/address/address.ts';
import { type Manifest, proveManifest } from '../../core/digest/manifest.ts';
import { hashLengthBytes } from '../../core/digest/merkle-tree.ts';
import { blockSizeBytes, pieceCount } from '../../core/digest/piece-length.ts';
import { stallTimeoutMs as defaultStallTimeoutMs } from '../../core/download/holder-rounds.ts';
import type { SharedFile } from '../../core/model/shared-file.ts';
import { followPages } from '../../core/paging/follow-pages.ts';
import { CardumeError } from '../../errors/cardume-error.ts';
import { openChannel } from '../channel/open-channel.ts';
import type { CallOptions } from '../index/open-index.ts';
import { withStallTimeout } from './with-stall-timeout.ts';

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
  /** What the peer says of one of its files, by its name or digest. */
  describe(which: Pick<DownloadRange, 'digest' | 'name'>, options?: CallOptions): Promise<SharedFile>;
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

/** Options of {@link openPeer}. */
export interface PeerClientOptions {
  /** For how long a stream may bring too little before it is given up, in milliseconds. Default: 20,000. */
  stallTimeoutMs?: number;
}

/** Opens a peer. It connects on the first call. */
export function openPeer(address: Address, options: PeerClientOptions = {}): PeerClient {
  const { stallTimeoutMs = defaultStallTimeoutMs } = options;
  const channel = openChannel(address, 'peer');
  const service = channel.client(TransferServiceDefinition);
  const who = `peer ${channel.target}`;

  /** A stream that is given up when it brings too little; `enough` is the bytes that count as progress. */
  const watched = <Message>(
    call: (options: { signal: AbortSignal }) => AsyncIterable<Message>,
    sizeOf: (message: Message) => number,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Message, void, undefined> => {
    const stall = new AbortController();
    const both = signal === undefined ? stall.signal : AbortSignal.any([signal, stall.signal]);
    return withStallTimeout(call({ signal: both }), {
      timeoutMs: stallTimeoutMs,
      enough: blockSizeBytes,
      sizeOf,
      giveUp: () => stall.abort(),
    });
  };

  const listFilesPage: PeerClient['listFilesPage'] = async (pageSize, pageToken = '', callOptions = {}) => {
    const page = await service.listFiles({ pageSize, pageToken }, callOptions);
    return { ...page, nextPageToken: page.nextPageToken === '' ? undefined : page.nextPageToken };
  };

  const download: PeerClient['download'] = async (
    { digest = '', name = '', offset = 0, limit = 0 },
    { signal } = {},
  ) => {
    const request = { digest, name, readOffset: offset, readLimit: limit };
    const messages = watched((callOptions) => service.download(request, callOptions), sizeOfMessage, signal);
    const first = await messages.next();
    const payload = first.done === true ? undefined : first.value.payload;
    if (payload?.$case !== 'file') {
      await messages.return();
      throw new CardumeError('BYTES_MISMATCH', `${who} did not begin the download with the file`);
    }
    return { file: payload.value, chunks: chunksOf(messages, who) };
  };

  return {
    target: channel.target,
    download,
    async describe(which, callOptions) {
      const { file, chunks } = await download({ ...which, limit: 1 }, callOptions);
      // The call is of no more use; what it still brings is not waited for.
      await chunks[Symbol.asyncIterator]().return?.();
      return file;
    },
    async manifest(digest, sizeBytes, pieceLengthBytes, { signal } = {}) {
      const expectedBytes = pieceCount(sizeBytes, pieceLengthBytes) * hashLengthBytes;
      const request = { digest, pieceLengthBytes };
      const messages = watched(
        (callOptions) => service.getManifest(request, callOptions),
        // A message of a manifest is a step whatever its size: their number is bounded below.
        () => blockSizeBytes,
        signal,
      );
      const parts: Uint8Array[] = [];
      let receivedBytes = 0;
      for await (const { pieceHashes, sizeBytes: saidBytes } of messages) {
        receivedBytes += pieceHashes.length;
        const isEmpty = pieceHashes.length === 0 && expectedBytes > 0;
        if (isEmpty || receivedBytes > expectedBytes || saidBytes !== sizeBytes) {
          throw new CardumeError('BYTES_MISMATCH', `${who} sent a manifest of another file`);
        }
        parts.push(pieceHashes);
      }
      const manifest = { digest, sizeBytes, pieceLengthBytes, pieceHashes: Buffer.concat(parts) };
      proveManifest(manifest);
      return manifest;
    },
    listFilesPage,
    listFiles: (callOptions) =>
      followPages(who, async (pageToken) => {
        const { files, nextPageToken } = await listFilesPage(1_000, pageToken, callOptions);
        return { items: files, nextPageToken };
      }),
    close: () => channel.close(),
  };
}

type DownloadMessage = {
  payload?: { $case: 'file'; value: unknown } | { $case: 'chunk'; value: Uint8Array } | undefined;
};

function sizeOfMessage({ payload }: DownloadMessage): number {
  return payload?.$case === 'chunk' ? payload.value.length : 0;
}

async function* chunksOf(
  messages: AsyncGenerator<DownloadMessage, void, undefined>,
  who: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const { payload } of messages) {
    if (payload?.$case !== 'chunk' || payload.value.length === 0) {
      throw new CardumeError('BYTES_MISMATCH', `${who} sent a message without bytes in the middle of a file`);
    }
    yield payload.value;
  }
}
