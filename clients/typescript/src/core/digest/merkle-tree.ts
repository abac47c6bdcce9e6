import { hash } from 'node:crypto';

/** The length of a hash in bytes (SHA-256). */
export const hashLengthBytes = 32;

// BEP 52: a missing leaf is 32 zero bytes, and the missing nodes above it are the hashes of that.
const missingNodes: Buffer[] = [Buffer.alloc(hashLengthBytes)];

/** The root of a subtree of BEP 52 with no data under it, `height` levels above the leaves. */
export function missingNode(height: number): Buffer {
  let node = missingNodes[height];
  if (node === undefined) {
    const below = missingNode(height - 1);
    node = hash('sha256', Buffer.concat([below, below]), 'buffer');
    missingNodes[height] = node;
  }
  return node;
}

// Layers are reduced here, with the views made beforehand: making one takes a tenth of the time of hashing a node.
const scratch = Buffer.alloc(1024 * hashLengthBytes);
const scratchNodes = Array.from({ length: 512 }, (_, pair) => nodeAt(scratch, pair));

/**
 * Hashes one layer of the tree up to its root, as BEP 52 says.
 *
 * @param layer the layer's hashes, 32 bytes each, at least one; it may be overwritten
 * @param height how many levels above the leaves this layer is: what fills it up to a power of two follows from it
 * @param width to how many hashes it is filled up: a power of two that is not less than the layer's own count
 * @returns the root, 32 bytes
 */
export function reduceLayer(layer: Buffer, height: number, width: number): Buffer {
  let count = layer.length / hashLengthBytes;
  let level = height;
  const fits = layer.length <= scratch.length;
  const hashes = fits ? scratch : layer;
  if (fits) scratch.set(layer);
  for (let remaining = width; remaining > 1; remaining /= 2) {
    const pairs = Math.floor(count / 2);
    for (let pair = 0; pair < pairs; pair++) {
      hashInto(hashes, pair, (fits ? scratchNodes[pair] : undefined) ?? nodeAt(hashes, pair));
    }
    if (count % 2 === 1) {
      const last = hashes.subarray((count - 1) * hashLengthBytes, count * hashLengthBytes);
      hashInto(hashes, pairs, Buffer.concat([last, missingNode(level)]));
    }
    count = Math.ceil(count / 2);
    level += 1;
  }
  return Buffer.from(hashes.subarray(0, hashLengthBytes));
}

/** The two hashes that a node of the layer above is made of. */
function nodeAt(layer: Buffer, pair: number): Buffer {
  return layer.subarray(2 * pair * hashLengthBytes, 2 * (pair + 1) * hashLengthBytes);
}

/**
 * Hashes bytes into a place of a layer.
 *
 * By way of a string whose characters are the bytes: a Buffer for each hash is an allocation outside of the heap, which
 * costs more than hashing a node does.
 *
 * @param position the hash's number in the layer
 */
export function hashInto(layer: Buffer, position: number, bytes: Uint8Array): void {
  layer.write(hash('sha256', bytes, 'binary'), position * hashLengthBytes, 'latin1');
}

/** The smallest power of two that is not less than `count`; 1 for 0. */
export function powerOfTwoAtLeast(count: number): number {
  let power = 1;
  while (power < count) power *= 2;
  return power;
}
