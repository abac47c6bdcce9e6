/** A range of a file that is to be received, hashed, and written to where it lies in the file. */
export interface RangeJob {
  /** 64 lower-case hex digits. */
  digest: string;
  sizeBytes: number;
  pieceLengthBytes: number;
  /** Where the range begins and ends in the file, in bytes: each the bound of a piece. */
  start: number;
  end: number;
  /** The file that takes it, of the process; it stays open until the job has ended. */
  descriptor: number;
  /** Undefined: it has room for all; otherwise it is a ring of so many bytes, and has each piece at its place modulo that. */
  ringBytes: number | undefined;
  /** Whether the file has nothing there yet, so that zeros need not be written: a sparse file stays one. */
  isHole: boolean;
  /**
   * The roots that the range's segments must have, 32 bytes each; undefined: not known, as where a piece has several. A segment
   * that has another one is not written, so that nobody's wrong bytes take the place of right ones that came meanwhile.
   */
  expectedRoots: Uint8Array | undefined;
  /** After how many received bytes they are told. */
  tellBytes: number;
  /** Whether nothing more is to come then until `waitFor` says when. */
  isPaced: boolean;
}
