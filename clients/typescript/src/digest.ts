/**
 * Digests alone: what a thread that hashes needs, without the gRPC that the whole SDK loads.
 *
 * @example
 * ```ts
 * import { DigestBuilder, usualPieceLength } from '@cardume/client/digest';
 *
 * const bytes = Buffer.from('hello');
 * const builder = new DigestBuilder(usualPieceLength(bytes.length));
 * builder.update(bytes);
 * console.log(builder.finish().digest);
 * ```
 *
 * @packageDocumentation
 */
export { DigestBuilder } from './core/digest/digest-builder.ts';
export { isDigestPrefix } from './core/digest/digest-text.ts';
export { LayerBuilder } from './core/digest/layer-builder.ts';
export { digestOfLayer, emptyFileDigest, type Manifest } from './core/digest/manifest.ts';
export { hashLengthBytes } from './core/digest/merkle-tree.ts';
export { pieceHash, pieceTreeLength } from './core/digest/piece-hash.ts';
export { blockSizeBytes, pieceCount, pieceRange, usualPieceLength } from './core/digest/piece-length.ts';
