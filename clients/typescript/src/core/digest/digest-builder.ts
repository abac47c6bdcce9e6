import { LayerBuilder } from './layer-builder.ts';
import { digestOfLayer, type Manifest } from './manifest.ts';

/**
 * Computes a file's digest and manifest from its bytes in order.
 *
 * Memory is one piece's leaf hashes and the piece hashes (32 bytes a piece), whatever the file's size.
 */
export class DigestBuilder {
  readonly #pieceLengthBytes: number;
  readonly #layer: LayerBuilder;
  #sizeBytes = 0;

  /** @param pieceLengthBytes the piece length of the manifest to make: a power of two, at least 16 KiB */
  constructor(pieceLengthBytes: number) {
    this.#pieceLengthBytes = pieceLengthBytes;
    this.#layer = new LayerBuilder(pieceLengthBytes);
  }

  /** Takes the next bytes, any number of them. */
  update(bytes: Uint8Array): void {
    this.#sizeBytes += bytes.length;
    this.#layer.update(bytes);
  }

  /** Ends the file. The builder is of no use after that. */
  finish(): Manifest {
    const pieceHashes = this.#layer.finish(true);
    const sizeBytes = this.#sizeBytes;
    const pieceLengthBytes = this.#pieceLengthBytes;
    return {
      digest: digestOfLayer(sizeBytes, pieceLengthBytes, pieceHashes),
      sizeBytes,
      pieceLengthBytes,
      pieceHashes,
    };
  }
}
