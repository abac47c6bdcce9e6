import type { Address } from '../address/address.ts';
import type { Manifest } from '../digest/manifest.ts';

/** A file that is being downloaded, as somebody who shares it on needs to know it. */
export interface SharablePart {
  /** 64 lower-case hex digits. */
  digest: string;
  sizeBytes: number;
  /** The name that its holders have it under, the folders included. */
  name: string;
  /** The file that has the verified pieces at their places, and is as long as the whole will be. */
  path: string;
  /** Proven, at the file's usual piece length. */
  manifest: Manifest;
  /** The pieces that are verified and written. */
  have: readonly number[];
}

/** A small file of a folder, which is there whole. */
export interface PlacedFile {
  /** 64 lower-case hex digits. */
  digest: string;
  /** 1 byte to 1 MiB. */
  sizeBytes: number;
  /** The absolute path of the folder that is downloaded. */
  folder: string;
  /** Its name in it. */
  name: string;
}

/** Shares files with others while they are being downloaded. What goes wrong with it is its own affair. */
export interface PartSharer {
  /** Which peer it is, at whatever address others know it; undefined: it is none, yet. */
  readonly ownPeerId?: string | undefined;
  /** Where it serves, so that a download does not ask itself; undefined: it does not, yet. */
  readonly ownAddress: Address | undefined;
  /** Pieces are about to come. Called once for each file that has any to come. */
  begin(part: SharablePart): void;
  /** More pieces are verified and written. */
  have(digest: string, pieces: readonly number[]): void;
  /** The file is whole, and has its name; no piece is written any more. */
  whole(digest: string, path: string): Promise<void>;
  /**
   * A small file of a folder has its name, whole and verified: it came all at once, and none of the others is called for it. Called
   * again when its mode has changed. Default: it is not shared on.
   */
  placed?(file: PlacedFile): void;
  /** The download ended before it was whole; `whole` may have come before. */
  end(digest: string): void;
}
