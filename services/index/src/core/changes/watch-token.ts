import { CardumeError } from '@cardume/client';
import { readPageToken, writePageToken } from '@cardume/service-kit';
import type { ChangeLogEnd } from './change.ts';

const request = 'watch';
const positionBytes = 8;

/** A token of a place in a log, for who goes on there later. */
export function writeWatchToken({ logId, position }: ChangeLogEnd): string {
  const bytes = Buffer.alloc(positionBytes);
  bytes.writeBigUInt64BE(BigInt(position));
  return writePageToken(request, Buffer.concat([bytes, Buffer.from(logId)]));
}

/** @throws CardumeError PAGE_TOKEN_INVALID when it is none */
export function readWatchToken(token: string): ChangeLogEnd {
  const bytes = readBytes(token);
  const position = bytes === undefined || bytes.length < positionBytes ? Number.NaN : Number(bytes.readBigUInt64BE());
  if (bytes === undefined || !Number.isSafeInteger(position)) {
    const problem = 'is not resume_token of a message of Watch; begin again with an empty one';
    throw CardumeError.invalidField('resume_token', problem, 'PAGE_TOKEN_INVALID');
  }
  return { position, logId: bytes.toString('utf8', positionBytes) };
}

function readBytes(token: string): Buffer | undefined {
  try {
    return readPageToken(request, token);
  } catch (error) {
    // It speaks of page tokens, which this is to its caller none of.
    if (CardumeError.is(error)) return undefined;
    throw error;
  }
}
