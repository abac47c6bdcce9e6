import type { RankClass, RankPosition } from './rank.ts';

const digestBytes = 32;
const headBytes = 1 + 4 + 6 + digestBytes;

/** A rank position as the bytes of a page token: class, holder count, size, digest, name. */
export function bytesOfRankPosition(position: RankPosition): Buffer {
  const head = Buffer.alloc(headBytes);
  head.writeUInt8(position.rankClass, 0);
  head.writeUInt32BE(position.wholeHolderCount, 1);
  head.writeUIntBE(position.sizeBytes, 5, 6);
  head.write(position.digest, 11, 'hex');
  return Buffer.concat([head, Buffer.from(position.name)]);
}

/** The rank position in the bytes of a page token whose checksum was right. */
export function rankPositionOfBytes(bytes: Buffer): RankPosition {
  const whole = bytes.length < headBytes ? Buffer.concat([bytes, Buffer.alloc(headBytes - bytes.length)]) : bytes;
  return {
    rankClass: whole.readUInt8(0) as RankClass,
    wholeHolderCount: whole.readUInt32BE(1),
    sizeBytes: whole.readUIntBE(5, 6),
    digest: whole.toString('hex', 11, headBytes),
    name: whole.toString('utf8', headBytes),
  };
}
