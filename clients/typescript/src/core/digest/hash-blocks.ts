import { hashInto } from './merkle-tree.ts';
import { blockSizeBytes } from './piece-length.ts';

/**
 * Hashes bytes block by block: the leaves of the tree.
 *
 * @param bytes begins at a block of the file; only the file's last block may be shorter than 16 KiB
 * @param leaves takes the hashes, 32 bytes each
 * @param firstLeaf the first one's number in `leaves`
 */
export function hashBlocks(bytes: Uint8Array, leaves: Buffer, firstLeaf: number): void {
  let leaf = firstLeaf;
  for (let start = 0; start < bytes.length; start += blockSizeBytes) {
    hashInto(leaves, leaf, bytes.subarray(start, start + blockSizeBytes));
    leaf += 1;
  }
}
