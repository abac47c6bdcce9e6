/**
 * The Cardume SDK: search an index, download verified files from the peers that hold them, or be a peer.
 *
 * @example
 * ```ts
 * const cardume = connect({ index: '127.0.0.1:50051' });
 * for await (const hit of cardume.index.searchAll({ query: 'debian iso' })) {
 *   console.log(hit.name, hit.sizeBytes, hit.holderCount);
 * }
 * const { path } = await cardume.get('debian-12.iso', { folder: 'downloads' });
 * cardume.close();
 * ```
 *
 * @packageDocumentation
 */
export type { HashFileOptions } from './adapters/disk/hash-file.ts';
export type { ReceivingCall } from './adapters/grpc/receiving-call.ts';
export {
  type CallOptions,
  type IndexClient,
  type IndexOptions,
  type LeaseKey,
  type LookupOptions,
  maxEntriesPerMessage,
  maxQueriesPerLookup,
  openIndex,
} from './adapters/index/open-index.ts';
export type { Download } from './adapters/peer/iterate-download.ts';
export type { DownloadRange } from './adapters/peer/open-downloads.ts';
export type { PeerAddress } from './adapters/peer/open-peer.ts';
export {
  type FilesPage,
  type ListOptions,
  openPeer,
  type PeerClient,
  type PeerClientOptions,
} from './adapters/peer/open-peer.ts';
export { PeerPool } from './adapters/peer/peer-pool.ts';
export type { DownloadSink } from './adapters/peer/receive-download.ts';
export { type Cardume, type ConnectOptions, connect, defaultIndexPort, type NetworkTls } from './cardume.ts';
export { type Address, formatAddress, isHost, isLoopback, parseAddress } from './core/address/address.ts';
export { type Addresses, maxIndexAddresses, parseAddresses } from './core/address/parse-addresses.ts';
export { DigestBuilder } from './core/digest/digest-builder.ts';
export { checkDigest, isDigest, isDigestPrefix } from './core/digest/digest-text.ts';
export { emptyFileDigest, type Manifest, proveManifest, widenManifest } from './core/digest/manifest.ts';
export { hashLengthBytes } from './core/digest/merkle-tree.ts';
export { pieceHash, pieceTreeLength } from './core/digest/piece-hash.ts';
export {
  blockSizeBytes,
  maxFileSizeBytes,
  maxPieceLengthBytes,
  pieceCount,
  pieceRange,
  usualPieceLength,
} from './core/digest/piece-length.ts';
export type { HolderToTry } from './core/download/order-holders.ts';
export { isWorkingName } from './core/download/part-names.ts';
export { type PieceRun, PieceSet } from './core/download/piece-set.ts';
export type { ClientTls, ExpectedServer, TlsOfPeer } from './core/model/client-tls.ts';
export type {
  DownloadProgress,
  DownloadResult,
  DownloadSource,
  FolderOutcome,
  GetAllOptions,
  GetOptions,
  GetOutcome,
  ReadOptions,
  ReadResult,
  SourceProgress,
} from './core/model/download.ts';
export type { IndexChange, WatchMessage, WatchQuery } from './core/model/index-change.ts';
export type { JoinInput, Lease, ListChange, PublishResult, Renewal, Revoked } from './core/model/lease.ts';
export { type LocalCopies, type LocalCopy, minCopiedBytes } from './core/model/local-copies.ts';
export type { HolderReport, IndexStats, PeerInfo } from './core/model/network.ts';
export type { OfferInput, OfferNews } from './core/model/offer.ts';
export type { PartSharer, PlacedFile, SharablePart } from './core/model/part-sharer.ts';
export type { PieceNews } from './core/model/piece-news.ts';
export type { Hit, Holder, MatchMode, SearchPage, SearchQuery } from './core/model/search.ts';
export type { FolderSummary, ListedFile, SharedFile } from './core/model/shared-file.ts';
export type {
  ProcessLoad,
  ProcessStatus,
  ShareStatus,
  Transfer,
  TransferCaller,
  TransferPath,
  TransferSource,
} from './core/model/transfer.ts';
export { transferIdKey } from './core/model/transfer-id.ts';
export { lastPart } from './core/names/last-part.ts';
export { matchModesOf } from './core/names/match-modes-of.ts';
export { checkName, maxNameBytes, maxNamePartBytes, nameProblem } from './core/names/name-problem.ts';
export { printable } from './core/names/printable.ts';
export { maxShareNameBytes, shareNameProblem } from './core/names/share-name-problem.ts';
export { maxTagBytes, maxTags, tagProblem } from './core/names/tag-problem.ts';
export { checkRateLimit } from './core/rate/check-rate-limit.ts';
export { createRateMeter, type RateMeter } from './core/rate/rate-meter.ts';
export {
  highestRate,
  lowestRate,
  maxRateWindows,
  parseRateLimit,
  type RateLimit,
  type RateSchedule,
  type RateWindow,
} from './core/rate/rate-schedule.ts';
export { TokenBucket } from './core/rate/token-bucket.ts';
export type { PathKind } from './core/relay/path-kind.ts';
export { durationFromMs, msFromDuration, type WireDuration } from './core/time/duration.ts';
export {
  chunkHeaderBytes,
  chunkPrefixBytes,
  frameChunk,
  frameMessage,
  maxChunkBytes,
} from './core/wire/chunk-frame.ts';
export type { DownloadFileInit } from './download-file.ts';
export * from './errors.ts';
export { rateNowOf } from './limit-receiving.ts';
export { downloadFile, hashFile } from './load-when-used.ts';
