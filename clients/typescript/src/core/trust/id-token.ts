import { CardumeError } from '../../errors/cardume-error.ts';

/** How many bytes an id token may have: one with some hundred groups has as many. */
export const maxIdTokenBytes = 16_384;

const form = /^[\w-]+\.[\w-]+\.[\w-]*$/;

/**
 * Checks that a text can be an id token, a signed JWT, before it is sent or looked at; whether it is good, only the index can say.
 *
 * @param what what the text is, for the message
 * @throws CardumeError INVALID_FIELD, which never holds the text
 */
export function checkIdToken(text: string, what = 'id_token'): string {
  const sizeBytes = Buffer.byteLength(text);
  if (sizeBytes > maxIdTokenBytes) {
    throw CardumeError.invalidField(what, `has ${sizeBytes} bytes; an id token has at most ${maxIdTokenBytes}`);
  }
  if (form.test(text)) return text;
  throw CardumeError.invalidField(what, 'is no id token, which is a signed JWT: three parts with dots between');
}

/** When an id token says that it ends, in milliseconds since 1970; nothing of it is verified. Undefined: it does not say. */
export function idTokenEndMs(text: string): number | undefined {
  try {
    const { exp } = JSON.parse(Buffer.from(text.split('.')[1] ?? '', 'base64url').toString('utf8')) as {
      exp?: unknown;
    };
    return typeof exp === 'number' ? exp * 1_000 : undefined;
  } catch {
    return undefined;
  }
}
