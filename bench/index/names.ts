import { createHash } from 'node:crypto';
import type { ListedFile } from '@cardume/client';
import { debianNames } from '../../tests/support/debian-names.ts';
import { seededRandom } from '../../tests/support/seeded-random.ts';

/** The files that peers list: Debian's packages, and as many other versions of them as it takes. */
export class FileSource {
  readonly #names: readonly string[];
  readonly #versions: number;

  /** @param rows how many entries there will be; half as many different files, so that each has two holders on average */
  constructor(rows: number) {
    const names = debianNames();
    if (names === undefined) throw new Error('it takes the names of Debian packages from apt, which has no lists here');
    const fileCount = Math.max(1, Math.ceil(rows / 2));
    // All over the list, not its beginning, which is the same few packages in many versions.
    this.#names = names.filter((_, at) => ((at + 1) * fileCount) % names.length < fileCount);
    this.#versions = Math.max(1, Math.ceil(fileCount / names.length));
  }

  /** A file, by two random numbers from 0 to 1. */
  pick(random: () => number): ListedFile {
    const base = this.#names[Math.floor(random() * this.#names.length)] ?? '';
    const version = Math.floor(random() * this.#versions);
    const name = version === 0 ? base : base.replace('_', `-v${version}_`);
    const digest = createHash('sha256').update(name).digest('hex');
    return {
      name,
      digest,
      sizeBytes: 1_000 + (Number.parseInt(digest.slice(0, 6), 16) % 5_000_000),
      modifyTime: undefined,
    };
  }
}

/** A peer's list of different files, in the order of their names, as peers list them. */
export function listOf(source: FileSource, peer: number, length: number): ListedFile[] {
  const random = seededRandom(peer + 1);
  const files = new Map<string, ListedFile>();
  while (files.size < length) {
    const file = source.pick(random);
    files.set(file.name, file);
  }
  return [...files.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A peer's id. */
export function peerIdOf(peer: number): string {
  return createHash('sha256').update(`peer ${peer}`).digest('hex');
}
