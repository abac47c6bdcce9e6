import { createHash, timingSafeEqual } from 'node:crypto';
import { CardumeError } from '../../errors/cardume-error.ts';

/** How many random bytes a token has. */
export const tokenSecretBytes = 32;

const prefix = 'cdm_';
const checksumBytes = 4;
// 36 bytes in base64url; nothing is left over, so that each token has one spelling.
const form = /^cdm_[A-Za-z0-9_-]{48}$/;

/**
 * Writes a token: `cdm_` and 48 characters of base64url, which are 32 random bytes and a checksum of 4. The prefix lets
 * people and scanners of secrets know it for what it is, the checksum tells a mistyped one from a revoked one.
 *
 * @param secret 32 random bytes
 * @throws CardumeError INVALID_FIELD when they are not 32
 */
export function tokenOf(secret: Uint8Array): string {
  if (secret.length !== tokenSecretBytes) {
    throw CardumeError.invalidField('token', `is made of ${tokenSecretBytes} random bytes`);
  }
  return prefix + Buffer.concat([secret, checksumOf(secret)]).toString('base64url');
}

/** Whether a text has the form of a token, with its checksum; whether anybody gave it out is another question. */
export function isToken(text: string): boolean {
  if (!form.test(text)) return false;
  const bytes = Buffer.from(text.slice(prefix.length), 'base64url');
  const secret = bytes.subarray(0, tokenSecretBytes);
  return checksumOf(secret).equals(bytes.subarray(tokenSecretBytes));
}

/** @throws CardumeError INVALID_FIELD, which never holds the text, unless it is a token */
export function checkToken(text: string, field = 'token'): string {
  if (isToken(text)) return text;
  const problem = form.test(text)
    ? 'mistyped: its checksum is wrong; copy it again'
    : 'not a token; it begins with cdm_';
  throw CardumeError.invalidField(field, problem);
}

/** The random bytes of a token. @throws CardumeError INVALID_FIELD when it is none */
export function secretOfToken(token: string): Uint8Array {
  return Buffer.from(checkToken(token).slice(prefix.length), 'base64url').subarray(0, tokenSecretBytes);
}

/**
 * What is stored of a token: its SHA-256. A slow hash with a salt is for passwords, which people choose and others guess; of
 * 256 random bits nobody tries a share worth speaking of, and no two tokens are the same. So one look in a table finds it.
 *
 * @returns 32 bytes
 */
export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** Whether a token is the one with that hash; it takes as long either way. */
export function isTokenOfHash(token: string, tokenHash: Uint8Array): boolean {
  const hash = hashToken(token);
  return tokenHash.length === hash.length && timingSafeEqual(hash, tokenHash);
}

function checksumOf(secret: Uint8Array): Buffer {
  return createHash('sha256').update('cardume token').update(secret).digest().subarray(0, checksumBytes);
}
