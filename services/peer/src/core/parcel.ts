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
  /** For how long a chunk the buffer has room. */
  roomBytes: number;
  fits: boolean;
}

// A chunk's header is written in room for the longest one, which may begin before the file does.
const spareBytes = chunkHeaderBytes;
/**
 * Puts files, in their order, into parcels.
 *
 * @param nextRoomBytes how long a chunk the next parcel's buffer has room for; asked for each parcel
 */
export function* planParcels<File extends ParcelFile>(
  files: Iterable<File>,
  nextRoomBytes: () => number,
): Generator<ParcelPlan<File>, undefined, undefined> {
  const begin = (): ParcelPlan<File> => ({ files: [], roomBytes: nextRoomBytes(), fits: true });
  const fits = ({ end }: ParcelPlace, { roomBytes }: ParcelPlan<File>): boolean => end <= chunkHeaderBytes + roomBytes;
  let plan: ParcelPlan<File> | undefined;
  for (const file of files) {
    let place = placeAt(plan?.files.at(-1)?.place.end ?? spareBytes, file);
    if (plan !== undefined && (plan.files.length === maxFilesPerParcel || !fits(place, plan))) {
      yield plan;
      plan = undefined;
      place = placeAt(spareBytes, file);
    }
    plan ??= begin();
    plan.files.push({ file, place });
    if (!fits(place, plan)) {
      yield { ...plan, fits: false };
      plan = undefined;
    }
  }
  if (plan !== undefined) yield plan;
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
