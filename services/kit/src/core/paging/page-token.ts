import { createHash } from 'node:crypto';
import { CardumeError } from '@cardume/client/errors';
import { maxPageTokenLength } from '../limits.ts';

const version = 1;
const checksumBytes = 12;

/**
 * Makes a page token: a position, bound to the request that it continues.
 *
 * The checksum tells tokens of another request, another version, or with a changed character. It is no secret: who
 * forges one gets another page of the same answer, which he could have asked for. So tokens outlive a restart of the
 * server, and any replica reads them.
 *
 * @param request the method and all fields that must stay the same from page to page, as text; not the page size,
 *   which a caller may change (AIP-158)
 */
export function writePageToken(request: string, position: Uint8Array): string {
  const body = Buffer.concat([Buffer.of(version), position]);
  return Buffer.concat([checksum(request, body), body]).toString('base64url');
}

/**
 * Reads a page token that `writePageToken` made for the same request.
 *
 * @throws CardumeError PAGE_TOKEN_INVALID
 */
export function readPageToken(request: string, token: string): Buffer {
  if (token.length > maxPageTokenLength) throw pageTokenInvalid();
  const bytes = Buffer.from(token, 'base64url');
  // Node's decoder passes over what is not base64url, so what it read must give the token again.
  if (bytes.length <= checksumBytes || bytes.toString('base64url') !== token) throw pageTokenInvalid();
  const body = bytes.subarray(checksumBytes);
  if (body[0] !== version || !checksum(request, body).equals(bytes.subarray(0, checksumBytes))) {
    throw pageTokenInvalid();
  }
  return body.subarray(1);
}

function checksum(request: string, body: Uint8Array): Buffer {
  const hash = createHash('sha256')
    .update(`${Buffer.byteLength(request)}:${request}`)
    .update(body);
  return hash.digest().subarray(0, checksumBytes);
}

function pageTokenInvalid(): CardumeError {
  return CardumeError.invalidField(
    'page_token',
    'is not next_page_token of the page before with the same other fields; begin again with an empty one',
    'PAGE_TOKEN_INVALID',
  );
}
