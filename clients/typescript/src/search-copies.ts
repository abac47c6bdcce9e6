import { copyIntoPart } from './adapters/disk/copy-into-part.ts';
import { hashOpenFile } from './adapters/disk/hash-file.ts';
import { openCopy } from './adapters/disk/open-copy.ts';
import type { PartFile } from './adapters/disk/part-file.ts';
import { placeCopy } from './adapters/disk/place-copy.ts';
import type { Manifest } from './core/digest/manifest.ts';
import { type LocalCopies, type LocalCopy, minCopiedBytes } from './core/model/local-copies.ts';

/** So many paths are looked at for one download. */
const maxCopiesTried = 8;

/** What to look for on this machine, and who knows where. */
export interface SearchCopiesInit {
  copies: LocalCopies | undefined;
  digest: string;
  sizeBytes: number;
}

/**
 * Looks for a content on this machine, for one download. Nothing that it is told is believed, and nothing that fails here but
 * writing the part makes a download fail.
 */
export class CopySearch {
  readonly #copies: LocalCopies | undefined;
  readonly #digest: string;
  readonly #sizeBytes: number;
  #found: Promise<LocalCopy[]> | undefined;

  constructor({ copies, digest, sizeBytes }: SearchCopiesInit) {
    this.#copies = sizeBytes >= minCopiedBytes ? copies : undefined;
    this.#digest = digest;
    this.#sizeBytes = sizeBytes;
  }

  /** Where it may be. It is asked once. */
  found(): Promise<readonly LocalCopy[]> {
    this.#found ??= this.#find();
    return this.#found;
  }

  /**
   * Makes the manifest from a whole copy, so that nobody need be asked for it: who has the digest has the right one.
   *
   * @param onHashed called with how many bytes of a copy are hashed
   * @returns undefined when there is none
   */
  async manifest(onHashed: (hashedBytes: number) => void, signal: AbortSignal): Promise<Manifest | undefined> {
    for (const copy of await this.found()) {
      if (copy.kind !== 'file') continue;
      const manifest = await hashCopy(copy, onHashed, signal);
      if (manifest?.digest === this.#digest) return manifest;
      await this.#forget(copy);
    }
    return undefined;
  }

  /**
   * Fills a part with what there is of it.
   *
   * @param onCopied called after each piece
   * @returns how many bytes were copied
   * @throws an error of the operating system when the part cannot be written; the signal's reason
   */
  async copyInto(part: PartFile, onCopied: () => void, signal: AbortSignal): Promise<number> {
    const bytesBefore = part.verifiedBytes;
    // A whole one first: it may be had without copying.
    const inOrder = (await this.found()).toSorted((a, b) => Number(a.kind === 'part') - Number(b.kind === 'part'));
    for (const copy of inOrder) {
      if (part.isWhole) break;
      if (!(await copyIntoPart(part, copy, onCopied, signal))) await this.#forget(copy);
    }
    return part.verifiedBytes - bytesBefore;
  }

  /**
   * Makes a file of at most one piece from a whole copy: see {@link placeCopy}.
   *
   * @returns false when it cannot be had so
   */
  async place(folder: string, name: string): Promise<boolean> {
    for (const copy of await this.found()) {
      if (copy.kind !== 'file') continue;
      const outcome = await placeCopy(copy, folder, name);
      if (outcome !== 'wrong') return outcome === 'placed';
      await this.#forget(copy);
    }
    return false;
  }

  async #find(): Promise<LocalCopy[]> {
    try {
      const found = (await this.#copies?.find(this.#digest)) ?? [];
      const isOfSize = ({ sizeBytes }: LocalCopy): boolean => sizeBytes === this.#sizeBytes;
      return found.filter(isOfSize).slice(0, maxCopiesTried);
    } catch {
      return [];
    }
  }

  async #forget({ path }: LocalCopy): Promise<void> {
    const rest = (await this.found()).filter((copy) => copy.path !== path);
    this.#found = Promise.resolve(rest);
    try {
      await this.#copies?.forget([path]);
    } catch {
      // Then it is looked at in vain once more.
    }
  }
}

async function hashCopy(
  copy: LocalCopy,
  onHashed: (hashedBytes: number) => void,
  signal: AbortSignal,
): Promise<Manifest | undefined> {
  const file = await openCopy(copy);
  if (file === undefined) return undefined;
  try {
    return await hashOpenFile(file, copy.path, { onProgress: onHashed, signal });
  } catch {
    signal.throwIfAborted();
    return undefined;
  } finally {
    await file.close();
  }
}
