import type { PlacedFile } from '@cardume/client';
import { maxPassedFiles } from './limits.ts';
import type { MayGet, ShareEntry } from './share-list.ts';

/** What the file system says of a file that is passed on. */
export interface PassedState {
  /** See `ScannedFile`. */
  stamp: string;
  modifyTimeMs: number;
}

/**
 * The small files of folders that are being received, or were lately: they are given to those who receive the same, by their
 * digests. They have no descriptor, and stand on no list.
 */
export class PassedFiles {
  readonly #byDigest = new Map<string, PassedFile[]>();
  readonly #onChanged: (digest: string) => void;
  #count = 0;

  /** @param onChanged called with the digest of each file that is passed on now and was not, or the other way round */
  constructor(onChanged: (digest: string) => void = () => {}) {
    this.#onChanged = onChanged;
  }

  /** Those with a digest. */
  findAll(digest: string): readonly ShareEntry[] {
    return this.#byDigest.get(digest) ?? [];
  }

  /**
   * Begins to pass on what there is of a folder.
   *
   * @param path where it lies
   */
  begin(path: string, mayGet: MayGet): PassedFolder {
    const place = { path };
    const files = new Map<string, PassedFile>();
    return {
      put: (file, state) => {
        const known = files.get(file.name);
        if (known !== undefined) this.#remove(known);
        if (this.#count >= maxPassedFiles) return;
        const passed = new PassedFile(place, mayGet, file, state);
        files.set(file.name, passed);
        this.#add(passed);
      },
      moveTo: (moved) => {
        place.path = moved;
      },
      close: () => {
        for (const file of files.values()) this.#remove(file);
        files.clear();
      },
    };
  }

  #add(file: PassedFile): void {
    const { digest } = file;
    this.#byDigest.set(digest, [...(this.#byDigest.get(digest) ?? []), file]);
    this.#count += 1;
    this.#onChanged(digest);
  }

  #remove(file: PassedFile): void {
    const { digest } = file;
    const all = this.#byDigest.get(digest) ?? [];
    const others = all.filter((other) => other !== file);
    if (others.length === all.length) return;
    if (others.length === 0) this.#byDigest.delete(digest);
    else this.#byDigest.set(digest, others);
    this.#count -= 1;
    this.#onChanged(digest);
  }
}

/** The files of one folder. */
export interface PassedFolder {
  /** Passes a file on, or knows it anew. With too many files it is not passed on. */
  put(file: Pick<PlacedFile, 'name' | 'digest' | 'sizeBytes'>, state: PassedState): void;
  /** The folder lies elsewhere now. */
  moveTo(path: string): void;
  /** Passes none of them on any more. Safe to call twice. */
  close(): void;
}

/** One of them: where it is follows from where its folder is. */
class PassedFile implements ShareEntry {
  readonly name: string;
  readonly digest: string;
  readonly sizeBytes: number;
  readonly stamp: string;
  readonly modifyTimeMs: number;
  readonly mayGet: MayGet;
  readonly #place: { readonly path: string };

  constructor(
    place: { readonly path: string },
    mayGet: MayGet,
    { name, digest, sizeBytes }: Pick<PlacedFile, 'name' | 'digest' | 'sizeBytes'>,
    { stamp, modifyTimeMs }: PassedState,
  ) {
    this.#place = place;
    this.mayGet = mayGet;
    this.name = name;
    this.digest = digest;
    this.sizeBytes = sizeBytes;
    this.stamp = stamp;
    this.modifyTimeMs = modifyTimeMs;
  }

  get path(): string {
    return `${this.#place.path}/${this.name}`;
  }
}
