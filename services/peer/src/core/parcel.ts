import { chunkHeaderBytes, chunkPrefixBytes, frameChunk, maxChunkBytes } from '@cardume/client';
import { maxFilesPerParcel } from './limits.ts';

/** A file that is to be sent whole. */
export interface ParcelFile {
  /** The framed message that describes it. */
  description: Buffer;
  sizeBytes: number;
}

/** Where a file lies in its parcel's buffer. */
export interface ParcelPlace {
  /** Where its description begins. */
  start: number;
  /** Where its bytes begin. */
  contentStart: number;
  /** Where the next file begins. */
  end: number;
}

/** Files that fit into one buffer, each with its place; a single one may not fit. */
export interface ParcelPlan<File> {
  files: { file: File; place: ParcelPlace }[];
  fits: boolean;
}

// A chunk's header is written in room for the longest one, which may begin before the file does.
const spareBytes = chunkHeaderBytes;
/** How many bytes a parcel may have: as many as a buffer for the longest chunk. */
const parcelBytes = chunkHeaderBytes + maxChunkBytes;

/** Puts files, in their order, into parcels. */
export function* planParcels<File extends ParcelFile>(
  files: Iterable<File>,
): Generator<ParcelPlan<File>, undefined, undefined> {
  let plan: ParcelPlan<File> = { files: [], fits: true };
  let end = spareBytes;
  for (const file of files) {
    let place = placeAt(end, file);
    if (plan.files.length === maxFilesPerParcel || (place.end > parcelBytes && plan.files.length > 0)) {
      yield plan;
      plan = { files: [], fits: true };
      place = placeAt(spareBytes, file);
    }
    plan.files.push({ file, place });
    end = place.end;
    if (end > parcelBytes) {
      yield { ...plan, fits: false };
      plan = { files: [], fits: true };
      end = spareBytes;
    }
  }
  if (plan.files.length > 0) yield plan;
  return undefined;
}

/** Writes what goes before a file's bytes, which lie at their place in the parcel already. */
export function frameIn(parcel: Buffer, { start, contentStart }: ParcelPlace, file: ParcelFile): void {
  if (file.sizeBytes > 0) frameChunk(parcel.subarray(contentStart - chunkHeaderBytes), file.sizeBytes);
  file.description.copy(parcel, start);
}

/** An empty file has no chunk. */
function placeAt(start: number, { description, sizeBytes }: ParcelFile): ParcelPlace {
  const chunkStart = start + description.length;
  const contentStart = sizeBytes === 0 ? chunkStart : chunkStart + chunkPrefixBytes(Math.min(sizeBytes, maxChunkBytes));
  return { start, contentStart, end: contentStart + sizeBytes };
}
