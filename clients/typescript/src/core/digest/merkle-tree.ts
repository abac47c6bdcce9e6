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

/**
 * Hashes one layer of the tree up to its root, as BEP 52 says.
 *
 * @param layer the layer's hashes, 32 bytes each, at least one; it is overwritten
 * @param height how many levels above the leaves this layer is: what fills it up to a power of two follows from it
 * @param width to how many hashes it is filled up: a power of two that is not less than the layer's own count
 * @returns the root, 32 bytes
 */
export function reduceLayer(layer: Buffer, height: number, width: number): Buffer {
  let count = layer.length / hashLengthBytes;
  let level = height;
  for (let remaining = width; remaining > 1; remaining /= 2) {
    const pairs = Math.floor(count / 2);
    for (let pair = 0; pair < pairs; pair++) {
      const node = layer.subarray(pair * 64, pair * 64 + 64);
      hash('sha256', node, 'buffer').copy(layer, pair * hashLengthBytes);
    }
    if (count % 2 === 1) {
      const last = layer.subarray((count - 1) * hashLengthBytes, count * hashLengthBytes);
      hash('sha256', Buffer.concat([last, missingNode(level)]), 'buffer').copy(layer, pairs * hashLengthBytes);
    }
    count = Math.ceil(count / 2);
    level += 1;
  }
  return Buffer.from(layer.subarray(0, hashLengthBytes));
}

/** The smallest power of two that is not less than `count`; 1 for 0. */
export function powerOfTwoAtLeast(count: number): number {
  let power = 1;
  while (power < count) power *= 2;
  return power;
}
