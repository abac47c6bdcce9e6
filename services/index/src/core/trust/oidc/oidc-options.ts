import { CardumeError, isLoopback, printable } from '@cardume/client';
import { maxOidcAudiences } from '../../limits.ts';
import { parseRoleRules, type RoleRule } from './role-rules.ts';

/** The organisation's OpenID Connect issuer, by whose id tokens its people enrol. */
export interface OidcOptions {
  /** Its URL, as it stands in the claim `iss`: https, or http on loopback; without query, fragment or password. */
  issuer: string;
  /** Client ids at the issuer, one of which an id token must be for; 1 to 8. */
  audiences: readonly string[];
  /**
   * The claim that tells users apart. Default: `sub`, which is the one that issuers must never give to another person or change.
   * Of `email` only one that the issuer has verified is taken, in lower case.
   */
  userClaim?: string | undefined;
  /** Who gets which role: see {@link parseRoleRules}. Who meets no rule gets in nowhere, so that there must be one. */
  roles: readonly string[];
}

/** The same, checked. */
export interface OidcSettings {
  issuer: string;
  audiences: readonly string[];
  userClaim: string;
  rules: readonly RoleRule[];
}

const maxTextLength = 512;

/** @throws CardumeError INVALID_FIELD, which names the flag */
export function checkOidcOptions({ issuer, audiences, userClaim = 'sub', roles }: OidcOptions): OidcSettings {
  if (audiences.length === 0 || audiences.length > maxOidcAudiences) {
    throw CardumeError.invalidField('--oidc-audience', `1 to ${maxOidcAudiences} must be given`);
  }
  for (const audience of audiences) checkText(audience, '--oidc-audience');
  return {
    issuer: checkIssuer(issuer),
    audiences,
    userClaim: checkText(userClaim, '--oidc-user-claim'),
    rules: parseRoleRules(roles),
  };
}

/**
 * Whether keys may be fetched from a URL: https, or http from this machine itself, where nobody else answers.
 *
 * @param allowsHttp whether http is allowed on loopback
 */
export function isIssuerUrl(url: URL, allowsHttp = true): boolean {
  const isPlain = url.protocol === 'http:' && allowsHttp && isLoopback(url.hostname.replace(/^\[(.*)\]$/, '$1'));
  return (url.protocol === 'https:' || isPlain) && url.username === '' && url.password === '';
}

function checkIssuer(issuer: string): string {
  const url = URL.parse(checkText(issuer, '--oidc-issuer'));
  if (url === null || !isIssuerUrl(url) || /[?#]/.test(issuer)) {
    throw CardumeError.invalidField(
      '--oidc-issuer',
      'must be an https URL without query, as it stands in the claim iss; http is for issuers on this machine only',
    );
  }
  return issuer;
}

function checkText(text: string, field: string): string {
  if (text === '' || text.length > maxTextLength || printable(text) !== text || text.trim() !== text) {
    throw CardumeError.invalidField(field, `must have 1 to ${maxTextLength} characters that print`);
  }
  return text;
}
