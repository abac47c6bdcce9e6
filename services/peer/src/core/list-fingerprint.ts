import { hash } from 'node:crypto';
import { type ShareEntry, sharedFileOf } from './share-list.ts';
import type { AllowedUsers } from './share-rights.ts';

/**
 * A fingerprint of a list, whatever its order: what the SHA-256 of the entries give by exclusive or, and of who may see it. It
 * tells lists of one peer from each other, and nobody else's.
 */
export class ListFingerprint {
  readonly #bytes = Buffer.alloc(32);

  constructor(allowedUsers?: AllowedUsers) {
    if (allowedUsers !== undefined) this.#take(['allowed users', ...allowedUsers]);
  }

  /** Takes an entry in; of each name there is one. */
  add(entry: ShareEntry): void {
    const { name, sizeBytes, digest, modifyTime, partial, folder } = sharedFileOf(entry);
    const told = [name, sizeBytes, digest, modifyTime?.getTime(), partial, folder?.fileCount, folder?.totalSizeBytes];
    this.#take(told);
  }

  #take(told: readonly unknown[]): void {
    const added = hash('sha256', JSON.stringify(told), 'buffer');
    for (let at = 0; at < added.length; at += 1) this.#bytes[at] = (this.#bytes[at] ?? 0) ^ (added[at] ?? 0);
  }

  /** That of the entries so far. */
  get bytes(): Uint8Array {
    return new Uint8Array(this.#bytes);
  }
}
