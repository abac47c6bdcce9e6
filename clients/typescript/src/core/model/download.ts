import type { CardumeError } from '../../errors/cardume-error.ts';
import type { ErrorReason } from '../../errors/error-reason.ts';
import type { Address } from '../address/address.ts';
import type { RateLimit } from '../rate/rate-schedule.ts';
import type { PathKind } from '../relay/path-kind.ts';
import type { LocalCopies } from './local-copies.ts';
import type { PartSharer } from './part-sharer.ts';
import type { TransferPath } from './transfer.ts';

/** How far a download is. */
export interface DownloadProgress {
  /**
   * `checking`: bytes of an earlier run, or a file of this machine that may be the very one, are being hashed;
   * `copying`: what is on this machine is being copied, and verified; `downloading`: pieces are coming in; `waiting`: there is nobody to ask now; `finishing`: all are verified, the file is
   * flushed and renamed.
   */
  phase: 'checking' | 'copying' | 'downloading' | 'waiting' | 'finishing';
  /** The file's or folder's name as it will appear on disk. */
  name: string;
  digest: string;
  /** Of a folder, of its files together; as everything here. */
  sizeBytes: number;
  /** How many bytes are verified and on disk, those of earlier runs included; in `checking`, how many were hashed. */
  verifiedBytes: number;
  /** How many of them an earlier run had left. */
  resumedBytes: number;
  /** How many of them were copied from other files on this machine. */
  copiedBytes: number;
  /** How many bytes came over the network in this run, verified or not. */
  receivedBytes: number;
  /** From whom the most bytes come now; undefined while there is nobody. */
  holder: Address | undefined;
  /** Everybody who was asked, the first first. */
  sources: SourceProgress[];
  /** How many of the files of a folder are there; undefined: it is a file. */
  folder?: { fileCount: number; doneCount: number } | undefined;
}

/** What a source does for a download. */
export interface SourceProgress {
  peerId: string;
  address: Address;
  /** Whether it had only some of the pieces when it was asked first. */
  partial: boolean;
  /** What it brings in a second; undefined: nothing that is known. */
  bytesPerSecond: number | undefined;
  verifiedBytes: number;
  /** How many bytes came from it, verified or not. */
  receivedBytes: number;
  /** `asked`; `resting` after a failure, to be asked again; `dropped` since it lied, or does not have the file any more. */
  state: 'asked' | 'resting' | 'dropped';
  /** How its bytes come. */
  path: TransferPath;
  /** The time of a round trip, measured when it connected; undefined: not known. */
  roundTripMs: number | undefined;
  /** How often it brought nothing for 1.5 s while it was asked, and whether it does so now. */
  stalls: number;
  isStalled: boolean;
  /** How often it was given up for bytes that were wrong. */
  wrongCount: number;
  /** Why it was given up last; undefined: it was not. The text is another machine's, and not safe to print as it is. */
  failure: { reason: ErrorReason; message: string } | undefined;
  /** While it brings nothing: this download's place among those who wait for a turn there, 1 for the next one; undefined: it said none. */
  queuePosition?: number | undefined;
}

/** What became of the files of a folder. */
export interface FolderOutcome {
  /** How many there are in it and its folders. */
  fileCount: number;
  /** How many stood there before with the very content. */
  unchangedCount: number;
  /** How many were copied as a whole from others that have the same content, in the folder or elsewhere on this machine. */
  copiedCount: number;
  /** How many were fetched. */
  fetchedCount: number;
}

/** A holder that a download tried, and what became of it. */
export interface DownloadSource {
  peerId: string;
  address: Address;
  /** How many verified bytes it gave. */
  verifiedBytes: number;
  /** Why it was given up, in words; undefined when it was not. */
  failure: string | undefined;
  /** How it was reached last, where nobody could dial it. Default: directly. */
  path?: PathKind | undefined;
}

/** A finished download, of a file or of a folder. */
export interface DownloadResult {
  /** Where the file or folder is now. */
  path: string;
  name: string;
  digest: string;
  /** Of a folder, of its files together; as everything here. */
  sizeBytes: number;
  /** True when the very content stood there before, so that nothing was fetched. */
  alreadyPresent: boolean;
  /** How many bytes an earlier run had left, verified again. */
  resumedBytes: number;
  /** How many bytes were copied from other files on this machine, verified, and so not fetched. */
  copiedBytes: number;
  /** How many bytes came over the network in this run. */
  receivedBytes: number;
  durationMs: number;
  sources: DownloadSource[];
  /** What became of the files of a folder; undefined: it is a file. */
  folder?: FolderOutcome | undefined;
}

/** Options of `get`. */
export interface GetOptions {
  /** The folder to put the file or folder in; it is made when absent. Default: the current one. */
  folder?: string;
  /** Its name there. Default: the last part of its name in the share, which must be a safe one. */
  name?: string;
  /**
   * Whether to replace other content under that name, once the new one is verified; in a folder, file by file, and what is no
   * part of it stays. Default: false.
   */
  overwrite?: boolean;
  /** Ask only this peer, and no index. */
  from?: Address;
  /**
   * How many bytes a second may come over the network at the most, from all holders together: a number, at least 1, or a
   * schedule by this machine's clock. Default: as many as come.
   */
  maxBytesPerSecond?: RateLimit;
  /** The same of each holder. Default: as many as come. */
  maxBytesPerSecondEach?: RateLimit;
  /** For how long a download waits for a holder while it has none, in milliseconds. Default: 30,000. */
  holderWaitMs?: number;
  /**
   * Shares the file with others while it comes. What comes in one go (see `blocksThread`) is not, nor what a holder shares with
   * some users only, nor what is asked for `from` a single peer, which may be such a one. Default: nobody does.
   */
  sharer?: PartSharer;
  /**
   * Knows where on this machine contents are: files of at least 64 KiB, and pieces of them, are then copied, where the file system
   * can without copying their bytes, verified like what is fetched, and only the rest is fetched. It is told where downloads
   * write, and what they finished. Default: nothing is copied, and nobody told.
   */
  copies?: LocalCopies;
  /**
   * Whether the thread that calls receives, hashes and writes, too, and answers nothing else meanwhile: for milliseconds at a
   * time, for longer when the disk is slow. It saves the start of a thread, for programs that have nothing else to do, and a
   * file of at most 1 MiB then comes in one go where it can: it is there at once, or is begun anew so that it can be resumed.
   * Default: false.
   */
  blocksThread?: boolean;
  /** Called at each change of phase, and 2 to 10 times a second between. */
  onProgress?: (progress: DownloadProgress) => void;
  /** Stops the download with CANCELLED; what is verified stays for the next run. */
  signal?: AbortSignal;
}

/** What `read` took, when it has handed on the last byte. */
export type ReadResult = Pick<
  DownloadResult,
  'name' | 'digest' | 'sizeBytes' | 'receivedBytes' | 'durationMs' | 'sources'
>;

/** Options of `read`. */
export interface ReadOptions
  extends Pick<GetOptions, 'from' | 'maxBytesPerSecond' | 'maxBytesPerSecondEach' | 'holderWaitMs'> {
  /** Whether the thread that calls receives and hashes, too: see {@link GetOptions}. Default: false. */
  blocksThread?: boolean;
  /** As in {@link GetOptions}. What is verified is up to 64 MiB (or eight pieces) ahead of what was handed on. */
  onProgress?: (progress: DownloadProgress) => void;
  /** Called once, after the last byte was taken. */
  onDone?: (result: ReadResult) => void;
  /** Stops it with CANCELLED, also while it waits for bytes. */
  signal?: AbortSignal;
}

/** Options of `getAll`. */
export interface GetAllOptions extends Omit<GetOptions, 'name'> {
  /**
   * As in {@link GetOptions}. A file of at most 1 MiB comes at once, and is told of only by its outcome; larger ones come one
   * after the other.
   */
  onProgress?: (progress: DownloadProgress) => void;
}

/** What became of one of several files. */
export type GetOutcome =
  | { nameOrDigest: string; result: DownloadResult; error?: undefined }
  | { nameOrDigest: string; error: CardumeError; result?: undefined };
