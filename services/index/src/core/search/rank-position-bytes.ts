import type { RankClass, RankPosition } from './rank.ts';

const digestBytes = 32;
const folderAt = 1 + 4 + 6 + digestBytes;
const wordsAt = folderAt + 4 + 7;
const headBytes = wordsAt + 1;

/** A rank position as the bytes of a page token: class, holder count, size, digest, folder, words, name. */
export function bytesOfRankPosition(position: RankPosition): Buffer {
  const head = Buffer.alloc(headBytes);
  head.writeUInt8(position.rankClass, 0);
  head.writeUInt32BE(position.wholeHolderCount, 1);
  head.writeUIntBE(position.sizeBytes, 5, 6);
  head.write(position.digest, 11, 'hex');
  // One more than the number of its files; 0 is a file.
  head.writeUInt32BE((position.folder?.fileCount ?? -1) + 1, folderAt);
  writeSize(head, position.folder?.totalSizeBytes ?? 0, folderAt + 4);
  head.writeUInt8(position.otherWords, wordsAt);
  return Buffer.concat([head, Buffer.from(position.name)]);
}

/** The rank position in the bytes of a page token whose checksum was right. */
export function rankPositionOfBytes(bytes: Buffer): RankPosition {
  const whole = bytes.length < headBytes ? Buffer.concat([bytes, Buffer.alloc(headBytes - bytes.length)]) : bytes;
  return {
    rankClass: whole.readUInt8(0) as RankClass,
    wholeHolderCount: whole.readUInt32BE(1),
    sizeBytes: whole.readUIntBE(5, 6),
    digest: whole.toString('hex', 11, folderAt),
    folder: folderOf(whole),
    otherWords: whole.readUInt8(wordsAt),
    name: whole.toString('utf8', headBytes),
  };
}

function folderOf(head: Buffer): RankPosition['folder'] {
  const count = head.readUInt32BE(folderAt);
  if (count === 0) return undefined;
  const totalSizeBytes = head.readUInt8(folderAt + 4) * 2 ** 48 + head.readUIntBE(folderAt + 5, 6);
  return { fileCount: count - 1, totalSizeBytes };
}

/** Seven bytes: a sum of sizes has up to 53 bits. */
function writeSize(head: Buffer, sizeBytes: number, at: number): void {
  head.writeUInt8(Math.floor(sizeBytes / 2 ** 48), at);
  head.writeUIntBE(sizeBytes % 2 ** 48, at + 1, 6);
}
