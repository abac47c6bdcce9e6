import type { LookupFunction } from 'node:net';
import { TransferServiceDefinition } from '@cardume/proto/transfer/v1';
import { type Address, formatAddress } from '../../core/address/address.ts';
import { type Manifest, proveManifest } from '../../core/digest/manifest.ts';
import { hashLengthBytes } from '../../core/digest/merkle-tree.ts';
import { pieceCount } from '../../core/digest/piece-length.ts';
import { stallTimeoutMs as defaultStallTimeoutMs } from '../../core/download/holder-patience.ts';
import { defaultWindowBytes } from '../../core/download/window.ts';
import type { ClientTls } from '../../core/model/client-tls.ts';
import type { OfferInput, OfferNews } from '../../core/model/offer.ts';
import type { PieceNews } from '../../core/model/piece-news.ts';
import type { ListedFile, SharedFile } from '../../core/model/shared-file.ts';
import { transferMetadata } from '../../core/model/transfer-id.ts';
import { followPages } from '../../core/paging/follow-pages.ts';
import { CardumeError } from '../../errors/cardume-error.ts';
import { grpcClient } from '../grpc/grpc-client.ts';
import { openGrpcSession } from '../grpc/grpc-session.ts';
import { withStallTimeout } from '../grpc/with-stall-timeout.ts';
import type { CallOptions } from '../index/open-index.ts';
import { type Download, iterateDownload } from './iterate-download.ts';
import { offerRequestOf, readOfferNews } from './offer-news.ts';
import { type DownloadRange, type Downloads, openDownloads } from './open-downloads.ts';
import { readPieceNews } from './watch-pieces.ts';

/** One page of what a peer shares. */
export interface FilesPage {
  files: ListedFile[];
  nextPageToken: string | undefined;
  /** The id of the peer that answered. */
  peerId: string;
  shareName: string;
  /** How many files it shares in all. */
  fileCount: number;
}

/** Options of a list. */
export interface ListOptions extends CallOptions {
  /** Whether folders are listed, too. Default: false. */
  folders?: boolean;
}

/**
 * A peer. Each method is one RPC (or its pages) and throws only CardumeErrors. What a peer says is unproven unless a
 * method says otherwise.
 */
export interface PeerClient extends Downloads {
  readonly address: PeerAddress;
  /** The id of the peer that answers there; asked for once. */
  id(options?: CallOptions): Promise<string>;
  /** Starts a download; resolves when the holder has described the file. */
  download(range: DownloadRange, options?: CallOptions): Promise<Download>;
  /** The time of a round trip in milliseconds, when a download has begun; undefined when the connection was lost. */
  roundTripMs(): Promise<number | undefined>;
  /** What the peer says of one of its files, by its name or digest. */
  describe(which: Pick<DownloadRange, 'digest' | 'name'>, options?: CallOptions): Promise<SharedFile>;
  /**
   * Fetches a manifest and proves it against the digest.
   *
   * @param sizeBytes the file's size, as far as it is known: it bounds what is taken from the peer
   * @throws CardumeError BYTES_MISMATCH when what the peer sends does not hash to the digest
   */
  manifest(digest: string, sizeBytes: number, pieceLengthBytes: number, options?: CallOptions): Promise<Manifest>;
  /**
   * Watches which pieces of a file the peer has: first those that are there, then each new one, as soon as it is; silence
   * is no failure. Ends when the peer shares the file no longer.
   *
   * @param sizeBytes the file's size, as far as it is known
   * @throws CardumeError FILE_NOT_SHARED; BYTES_MISMATCH when the peer tells of pieces that such a file does not have;
   *   METHOD_UNKNOWN when the peer is too old; LIMIT_REACHED when too many watch, or when what comes is not taken
   */
  watchPieces(digest: string, sizeBytes: number, options?: CallOptions): AsyncGenerator<PieceNews, void, undefined>;
  listFilesPage(pageSize: number, pageToken?: string, options?: ListOptions): Promise<FilesPage>;
  /** All that the peer shares, in the order of names. */
  listFiles(options?: ListOptions): AsyncGenerator<ListedFile, void, undefined>;
  /**
   * Offers a file or folder, and tells what becomes of it. The peer takes it by downloading it, from the peer that the offer names
   * and from others. What is accepted goes on when nobody listens any more; the same offer again tells the rest.
   *
   * @throws CardumeError OFFER_REFUSED by the rules of the peer's owner, with `metadata.rule`; LIMIT_REACHED; NOT_ALLOWED;
   *   METHOD_UNKNOWN when the peer is too old; TIMED_OUT when it says nothing any more
   */
  offer(offer: OfferInput, options?: CallOptions): AsyncGenerator<OfferNews, void, undefined>;
  /** Closes the connection. */
  close(): void;
}

/** Where a peer is, and who it is, where that is known. */
export interface PeerAddress extends Address {
  peerId?: string;
  /** Whether the index could dial it. Default: not known. */
  reachable?: boolean;
  /** A local socket that leads there, in the place of the address: see `HolderPaths`. */
  socketPath?: string;
}

/** Options of {@link openPeer}. */
export interface PeerClientOptions {
  /** For how long a stream may bring too little before it is given up, in milliseconds. Default: 20,000. */
  stallTimeoutMs?: number;
  /** How many bytes of downloads may be on their way here: see `windowFor`. Default: 16 MiB. */
  windowBytes?: number;
  /** Connect with TLS 1.3. Default: plaintext. */
  tls?: ClientTls | (() => ClientTls) | undefined;
  /** How the host's name becomes addresses. Default: by the system's resolver. */
  lookup?: LookupFunction | undefined;
  /**
   * Of which transfer the calls are, for a peer with upload slots: 1 to 64 of the characters 0-9, a-f and -. Default: it is not
   * said, and a peer counts all such calls of this machine as one transfer.
   */
  transferId?: string | undefined;
}

/** Opens a peer. It connects on the first call. */
export function openPeer(address: PeerAddress, options: PeerClientOptions = {}): PeerClient {
  const { stallTimeoutMs = defaultStallTimeoutMs, windowBytes = defaultWindowBytes, tls, lookup, transferId } = options;
  const session = openGrpcSession(address, { windowBytes, tls, lookup, metadata: transferMetadata(transferId) });
  const target = formatAddress(address);
  const who = `peer ${target}`;
  const downloads = openDownloads(session, target, stallTimeoutMs);
  const service = grpcClient(TransferServiceDefinition, session, who);
  let knownId: Promise<string> | undefined;

  /** A stream of messages that is given up when it brings none. */
  const watched = <Message>(
    call: (options: { signal: AbortSignal }) => AsyncIterable<Message>,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Message, void, undefined> => withStallTimeout(call, { timeoutMs: stallTimeoutMs, signal });

  const listFilesPage: PeerClient['listFilesPage'] = async (pageSize, pageToken = '', options = {}) => {
    const { folders: includeFolders = false, ...callOptions } = options;
    const page = await service.listFiles({ pageSize, pageToken, includeFolders }, callOptions);
    return { ...page, nextPageToken: page.nextPageToken === '' ? undefined : page.nextPageToken };
  };

  return {
    ...downloads,
    address,
    id(callOptions) {
      knownId ??= listFilesPage(1, undefined, callOptions).then(
        ({ peerId }) => peerId,
        (error: unknown) => {
          knownId = undefined;
          throw error;
        },
      );
      return knownId;
    },
    roundTripMs: () => session.roundTripMs(),
    download: (range, callOptions = {}) => iterateDownload((sink) => downloads.receive(range, sink, callOptions)),
    async describe(which, callOptions) {
      const described = Promise.withResolvers<SharedFile>();
      const call = downloads.receive(
        { ...which, limit: 1 },
        { onFile: described.resolve, onBytes: () => undefined },
        callOptions,
      );
      call.ended.catch(described.reject);
      const file = await described.promise;
      // What the call still brings is of no use.
      call.cancel(new CardumeError('CANCELLED', `${who} has described the file`));
      return file;
    },
    async manifest(digest, sizeBytes, pieceLengthBytes, { signal } = {}) {
      const expectedBytes = pieceCount(sizeBytes, pieceLengthBytes) * hashLengthBytes;
      const request = { digest, pieceLengthBytes };
      const messages = watched((callOptions) => service.getManifest(request, callOptions), signal);
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
    watchPieces: (digest, sizeBytes, { signal } = {}) =>
      readPieceNews(service.watchPieces({ digest }, signal === undefined ? {} : { signal }), who, sizeBytes),
    listFilesPage,
    listFiles: (callOptions) =>
      followPages(who, async (pageToken) => {
        const { files, nextPageToken } = await listFilesPage(1_000, pageToken, callOptions);
        return { items: files, nextPageToken };
      }),
    offer: (offer, { signal } = {}) =>
      readOfferNews(watched((callOptions) => service.offer(offerRequestOf(offer), callOptions), signal)),
    close: () => session.close(),
  };
}
