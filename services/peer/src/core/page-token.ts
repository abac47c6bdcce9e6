import { CardumeError, nameProblem } from '@cardume/client';

const versionByte = '1';
// A name has at most 1,024 bytes; base64 makes four characters of three.
const maxTokenLength = 1_400;

/** Makes the token of the page that follows a name. It holds that name, so that a changing list loses no file. */
export function pageTokenAfter(name: string): string {
  return Buffer.from(versionByte + name).toString('base64url');
}

/**
 * The name after which the page of a token begins; empty for an empty token, which is the first page's.
 *
 * @throws CardumeError PAGE_TOKEN_INVALID for what {@link pageTokenAfter} did not make
 */
export function nameOfPageToken(token: string): string {
  if (token === '') return '';
  const text = token.length <= maxTokenLength ? Buffer.from(token, 'base64url').toString() : '';
  const name = text.slice(versionByte.length);
  if (!text.startsWith(versionByte) || nameProblem(name) !== null || pageTokenAfter(name) !== token) {
    throw CardumeError.invalidField(
      'page_token',
      'is not one that this peer made; begin again without one',
      'PAGE_TOKEN_INVALID',
    );
  }
  return name;
}
