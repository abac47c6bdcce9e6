import type { Transfer } from './transfer.ts';

/** A stream of an upload that was let in. */
export interface AdmittedUpload {
  /** Counts bytes that left. */
  sent(bytes: number): void;
  /**
   * Asked before more leaves.
   *
   * @param isPieceEnd whether what left last reached the end of a piece
   * @throws CardumeError LIMIT_REACHED when the turn is over, with the place among those who wait
   */
  checkTurn(isPieceEnd: boolean): void;
  /** Says that it has ended. @param fileBytes the size of the file that it was of */
  end(fileBytes: number): void;
}

/** Decides who gets bytes now. */
export interface UploadAdmission {
  /**
   * Lets a stream in.
   *
   * @param isSmall see `isSmallRequest`; a small request waits for its lane
   * @throws CardumeError LIMIT_REACHED when it has to come back, with its place in the metadata; the signal's reason
   */
  enter(transfer: Transfer, isSmall: boolean, signal: AbortSignal): Promise<AdmittedUpload>;
  /** How many slots there are and are taken, and how many transfers wait; all 0 where there are no slots. */
  state(): UploadSlotsState;
}

/** What upload slots are doing now. */
export interface UploadSlotsState {
  count: number;
  taken: number;
  waiting: number;
}

const admitted: AdmittedUpload = { sent: () => {}, checkTurn: () => {}, end: () => {} };

/** Lets in whoever comes. */
export const admitAll: UploadAdmission = {
  enter: async () => admitted,
  state: () => ({ count: 0, taken: 0, waiting: 0 }),
};
