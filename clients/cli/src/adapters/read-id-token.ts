import { createReadStream } from 'node:fs';
import { CardumeError, cardumeErrorFrom } from '@cardume/client';
import { checkIdToken, maxIdTokenBytes } from '@cardume/client/trust';

/** Space around a token in its file. */
const maxSpaceBytes = 1_024;

/**
 * Reads an id token from a file, which may be a pipe.
 *
 * @throws CardumeError INVALID_FIELD, which never holds what is in it; or that it cannot be read
 */
export async function readIdTokenFile(path: string): Promise<string> {
  const parts: Buffer[] = [];
  try {
    for await (const part of createReadStream(path, { end: maxIdTokenBytes + maxSpaceBytes })) parts.push(part);
  } catch (error) {
    throw cardumeErrorFrom(error, path);
  }
  const text = Buffer.concat(parts).toString('utf8').trim();
  if (text === '') throw CardumeError.invalidField('--id-token-file', `${path} is empty`);
  return checkIdToken(text, '--id-token-file');
}
