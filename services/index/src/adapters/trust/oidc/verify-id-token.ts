import { CardumeError } from '@cardume/client';
import type { Logger } from '@cardume/service-kit';
import { decodeJwt, errors, type JWTPayload, type JWTVerifyGetKey, type JWTVerifyOptions, jwtVerify } from 'jose';
import type { OidcSettings } from '../../../core/trust/oidc/oidc-options.ts';
import { clockSkewMs } from '../../../core/trust/validity.ts';
import { IssuerKeys } from './issuer-keys.ts';

/** What verifying works with. */
export interface IdTokenVerifierInit {
  settings: Pick<OidcSettings, 'issuer' | 'audiences'>;
  logger: Logger;
  /** A clock in milliseconds since 1970. */
  nowMs: () => number;
  /** A clock in milliseconds that does not go back. */
  steadyMs: () => number;
}

/** Signatures by keys of which the index has only the public half: no `none`, and no secret that is shared with others. */
const algorithms = 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519'.split(' ');

/**
 * Makes what verifies id tokens: by the issuer's signature, for one of the audiences, and valid now, by a clock that may be ten
 * minutes off, as for certificates.
 *
 * @returns the claims; TOKEN_REFUSED when the token is not good, ISSUER_UNAVAILABLE when that cannot be said now
 */
export function createIdTokenVerifier({ settings, logger, nowMs, steadyMs }: IdTokenVerifierInit) {
  const { issuer, audiences } = settings;
  const keys = new IssuerKeys({ issuer, logger, nowMs: steadyMs });
  const verifyBy = async (token: string, find: JWTVerifyGetKey): Promise<JWTPayload> => {
    const options: JWTVerifyOptions = {
      issuer,
      audience: [...audiences],
      algorithms,
      clockTolerance: clockSkewMs / 1_000,
      requiredClaims: ['sub', 'exp', 'iat'],
      currentDate: new Date(nowMs()),
    };
    const { payload, protectedHeader } = await jwtVerify(token, find, options);
    // An access token or a logout token may be for the same audience, and says nothing about who signed in.
    if (!/^(application\/)?jwt$/i.test(protectedHeader.typ ?? 'JWT')) throw refused('it is another kind of token');
    checkParties(payload, audiences);
    return payload;
  };

  return async (token: string): Promise<JWTPayload> => {
    try {
      // So that the issuer is asked for keys only about tokens that say to be of it.
      if (decodeJwt(token).iss !== issuer) throw refused('it is of another issuer');
      const find = await keys.current();
      try {
        return await verifyBy(token, find);
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
        const renewed = await keys.renewed();
        if (renewed === undefined) throw error;
        return await verifyBy(token, renewed);
      }
    } catch (error) {
      if (CardumeError.is(error)) throw error;
      throw refused(problemOf(error), error);
    }
  };
}

/** Who is only one of several whom a token is for must also be the one who it was made for. */
function checkParties({ aud, azp }: JWTPayload, audiences: readonly string[]): void {
  if (!Array.isArray(aud) || aud.length < 2) return;
  if (typeof azp !== 'string' || !audiences.includes(azp)) throw refused('it was made for another client');
}

/** In words of our own: what the library says may hold claims of the token. */
function problemOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'it has expired; sign in again';
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'aud') return 'it is for another audience';
    if (error.claim === 'nbf') return 'it is not valid yet; look at the clocks of both machines';
    return `its claim ${error.claim} is missing or wrong`;
  }
  if (error instanceof errors.JOSEAlgNotAllowed) return 'it is signed in a way that is not taken';
  if (error instanceof errors.JWKSNoMatchingKey) return 'it is signed by a key that the issuer does not show';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'its signature is wrong';
  return 'it is no id token, which is a signed JWT';
}

function refused(problem: string, cause?: unknown): CardumeError {
  const details = cause === undefined ? {} : { cause };
  return new CardumeError('TOKEN_REFUSED', `the id token is not good for this network: ${problem}`, details);
}
