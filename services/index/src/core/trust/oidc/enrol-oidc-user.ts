import { CardumeError } from '@cardume/client';
import { type Role, tokenSecretBytes } from '@cardume/client/trust';
import type { UserStore } from '../user-store.ts';
import type { OidcSettings } from './oidc-options.ts';
import { userOfClaims } from './oidc-user.ts';

/** What enrolling by id tokens works with. */
export interface OidcComponents {
  settings: OidcSettings;
  /** The claims of an id token that is good. @throws CardumeError TOKEN_REFUSED, ISSUER_UNAVAILABLE */
  verify(idToken: string): Promise<Readonly<Record<string, unknown>>>;
  store: Pick<UserStore, 'addUser' | 'changeRole'>;
  randomBytes: (count: number) => Uint8Array;
  nowMs: () => number;
}

/**
 * Finds the user whom an id token is of, adds it when it comes for the first time, and keeps the role that the token gives.
 *
 * @param admit is told of the user before anything is written; what it throws is thrown
 * @throws CardumeError TOKEN_REFUSED, NOT_ALLOWED, ISSUER_UNAVAILABLE
 */
export async function userOfIdToken(
  { settings, verify, store, randomBytes, nowMs }: OidcComponents,
  idToken: string,
  admit: (user: string) => void,
): Promise<{ user: string; role: Role }> {
  const { user, role } = userOfClaims(await verify(idToken), settings);
  admit(user);
  // The hash of a token that nobody has: who comes by the issuer has none.
  const isNew = await store.addUser({ user, role }, randomBytes(tokenSecretBytes), nowMs());
  if (isNew || (await store.changeRole(user, role))) return { user, role };
  throw new CardumeError(
    'TOKEN_REFUSED',
    'your sign-in is good, but you were revoked here; ask whoever runs the network',
  );
}
