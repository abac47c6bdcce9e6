import { CardumeError } from '@cardume/client';
import { checkIdToken, hashToken, isToken, type PeerIdentity } from '@cardume/client/trust';
import type { EnrolmentBudget } from './enrolment-budget.ts';
import type { FailedAttempts } from './failed-attempts.ts';
import { type OidcComponents, userOfIdToken } from './oidc/enrol-oidc-user.ts';
import type { UserRecord, UserStore } from './user-store.ts';

/** How somebody proves to be a user. */
export interface EnrolmentProof {
  /** Empty: the id token or the certificate does. */
  token: string;
  /** Of the organisation's OpenID Connect issuer; empty: there is none. */
  idToken: string;
  /** Whom TLS says it is; undefined: somebody without a certificate. */
  caller: PeerIdentity | undefined;
  /** From where it comes: those that one place has are counted together. */
  callerNetwork: string;
}

/** What enrolling works with. */
export interface EnrolmentComponents {
  store: Pick<UserStore, 'findUser' | 'findUserOfToken'>;
  attempts: FailedAttempts;
  /** How often who is no stranger gets a certificate. */
  budget: EnrolmentBudget;
  /** Undefined: this network takes no id tokens. */
  oidc: OidcComponents | undefined;
  isRevoked(identity: PeerIdentity): boolean;
}

/**
 * Finds the user whom a proof is of, and counts that he gets a certificate.
 *
 * A renewal asks for the user anew, so that another role is in force with the next certificate.
 *
 * @throws CardumeError TOKEN_REFUSED, CERTIFICATE_REFUSED, LIMIT_REACHED; of an id token also INVALID_FIELD, NOT_ALLOWED,
 *   ISSUER_UNAVAILABLE
 */
export async function userOfProof(
  components: EnrolmentComponents,
  proof: EnrolmentProof,
): Promise<Pick<UserRecord, 'user' | 'role'>> {
  const { store, attempts, budget, isRevoked } = components;
  const { token, idToken, caller, callerNetwork } = proof;
  if (idToken !== '') return userOfSignIn(components, proof);
  if (token === '') {
    if (caller === undefined)
      throw certificateRefused('a token, an id token or a certificate of this network is needed; use an invite');
    const user = await store.findUser(caller.user);
    if (user === undefined || user.revokeMs !== undefined || isRevoked(caller))
      throw certificateRefused('it was revoked');
    budget.takeOfPeer(caller.peerId);
    return user;
  }
  attempts.check(callerNetwork);
  // A wrong one is not looked for: whether it was mistyped or guessed, nobody has it.
  const user = isToken(token) ? await store.findUserOfToken(hashToken(token)) : undefined;
  if (user !== undefined && user.revokeMs === undefined) {
    budget.takeOfUser(user.user);
    return user;
  }
  attempts.add(callerNetwork);
  throw new CardumeError(
    'TOKEN_REFUSED',
    'this network knows no such token, or it was revoked; ask whoever runs it for another invite',
  );
}

async function userOfSignIn(
  { attempts, budget, oidc }: EnrolmentComponents,
  { token, idToken, callerNetwork }: EnrolmentProof,
): Promise<Pick<UserRecord, 'user' | 'role'>> {
  if (token !== '') throw CardumeError.invalidField('id_token', 'stands in the place of a token; give one of them');
  attempts.check(callerNetwork);
  checkIdToken(idToken);
  try {
    if (oidc !== undefined) return await userOfIdToken(oidc, idToken, (user) => budget.takeOfUser(user));
    throw new CardumeError('TOKEN_REFUSED', 'this network takes no id tokens; use an invite with a token');
  } catch (error) {
    if (CardumeError.is(error) && error.reason === 'TOKEN_REFUSED') attempts.add(callerNetwork);
    throw error;
  }
}

function certificateRefused(problem: string): CardumeError {
  return new CardumeError('CERTIFICATE_REFUSED', `no certificate is given: ${problem}`);
}
