import { createHash } from 'node:crypto';
import { CardumeError } from '@cardume/client';
import { type Role, userNameProblem } from '@cardume/client/trust';
import type { OidcSettings } from './oidc-options.ts';
import { roleOfClaims } from './role-rules.ts';

const oidcNameForm = /^oidc-[0-9a-f]{8}:/;

/** Whether a name is of those that only an issuer's id tokens give. */
export function isOidcUserName(user: string): boolean {
  return oidcNameForm.test(user);
}

/**
 * What the names of an issuer's users begin with: `oidc-` and the first 8 digits of the SHA-256 of its URL. So they are nobody's
 * whom the operator adds, and those of another issuer, which may give the same `sub` to another person, are others.
 */
export function oidcNamePrefix(issuer: string): string {
  return `oidc-${createHash('sha256').update(issuer).digest('hex').slice(0, 8)}:`;
}

/**
 * The user whom an id token is of, and the role that its claims give.
 *
 * @param claims of an id token that was verified
 * @throws CardumeError TOKEN_REFUSED when the claim for the user's name is missing or can be no name; NOT_ALLOWED when the
 *   claims give no role
 */
export function userOfClaims(
  claims: Readonly<Record<string, unknown>>,
  { issuer, userClaim, rules }: OidcSettings,
): { user: string; role: Role } {
  const user = oidcNamePrefix(issuer) + nameOf(claims, userClaim);
  const problem = userNameProblem(user);
  if (problem !== null) throw refused(`its ${userClaim} can be no user's name here: ${problem}`);
  const role = roleOfClaims(claims, rules);
  if (role === undefined) {
    throw new CardumeError(
      'NOT_ALLOWED',
      'your sign-in is good, and gives you no role in this network; ask whoever runs it',
      { metadata: { user } },
    );
  }
  return { user, role };
}

function nameOf(claims: Readonly<Record<string, unknown>>, userClaim: string): string {
  const name = Object.hasOwn(claims, userClaim) ? claims[userClaim] : undefined;
  if (typeof name !== 'string' || name === '') throw refused(`it has no ${userClaim}`);
  if (userClaim !== 'email') return name;
  // Whoever can enter any address at the issuer would be whoever has that address.
  if (claims.email_verified !== true) throw refused('its email is not verified by the issuer');
  return name.toLowerCase();
}

function refused(problem: string): CardumeError {
  return new CardumeError('TOKEN_REFUSED', `the id token is not good for this network: ${problem}`);
}
