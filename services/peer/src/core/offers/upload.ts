import { CardumeError, type FolderSummary } from '@cardume/client';
import { checkOffer } from './check-offer.ts';
import type { Offer } from './offer.ts';

/** One message of an upload. */
export interface UploadPart {
  /** What is uploaded; in the first message only. */
  file?: { name: string; sizeBytes: number; digest: string; folder?: FolderSummary | undefined } | undefined;
  /** Where the data stands. */
  writeOffset: number;
  data: Uint8Array;
}

/** How far an upload is. */
export interface UploadProgress {
  committedSizeBytes: number;
  /** The name in the inbox; undefined: it is not whole. */
  name: string | undefined;
  /** Whether the very content was there before. */
  alreadyPresent: boolean;
}

/** @throws CardumeError INVALID_FIELD, UNSAFE_NAME when it is none that can be uploaded */
export function checkUpload(file: UploadPart['file']): Offer {
  const offer = checkOffer(file);
  if (offer.folder === undefined) return offer;
  throw CardumeError.invalidField('file.folder', 'a folder cannot be uploaded; upload its files');
}

/** @throws CardumeError INVALID_FIELD, OFFSET_OUT_OF_RANGE when data does not go on where the upload is */
export function checkPart({ writeOffset, data }: UploadPart, committedBytes: number, { sizeBytes }: Offer): void {
  if (data.length === 0) return;
  if (writeOffset !== committedBytes) {
    const text = `write_offset is ${writeOffset}, and the next byte to write is ${committedBytes}; GetUpload tells it`;
    throw new CardumeError('OFFSET_OUT_OF_RANGE', text, { metadata: { committed_size_bytes: String(committedBytes) } });
  }
  if (committedBytes + data.length > sizeBytes) {
    throw CardumeError.invalidField('data', `goes beyond the ${sizeBytes} bytes that the file was said to have`);
  }
}
