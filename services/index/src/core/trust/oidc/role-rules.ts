import { CardumeError, printable } from '@cardume/client';
import { isRole, type Role, roles } from '@cardume/client/trust';
import { maxOidcRules } from '../../limits.ts';

/** Whoever has a claim with a value has a role. */
export interface RoleRule {
  claim: string;
  /** Undefined: any value. */
  value: string | undefined;
  role: Role;
}

// A comma ends a rule only after a role, so that values may have some, as names in LDAP do.
const betweenRules = new RegExp(`(?<=:(?:${roles.join('|')})),`);
const ruleForm = /^(?<claim>[^=]+)=(?<value>.+):(?<role>[a-z]+)$/s;

/**
 * Reads rules for roles: `CLAIM=VALUE:ROLE`, several with commas between. The value `*` means any: `sub=*:reader` is for
 * everybody whom the issuer signs in for this audience.
 *
 * @throws CardumeError INVALID_FIELD when one is malformed, or there is none
 */
export function parseRoleRules(texts: readonly string[]): RoleRule[] {
  const field = '--oidc-roles';
  const rules = texts.flatMap((text) => text.split(betweenRules)).map((text) => parseRule(text.trim(), field));
  if (rules.length === 0) {
    throw CardumeError.invalidField(
      field,
      'must be given, for nobody gets in without a role: groups=engineers:member, or sub=*:reader for all',
    );
  }
  if (rules.length > maxOidcRules) throw CardumeError.invalidField(field, `at most ${maxOidcRules} may be given`);
  return rules;
}

/**
 * The highest role of those whose rules are met; undefined: none. A claim is met as a text, or as a list that has that text.
 *
 * @param claims of an id token that was verified
 */
export function roleOfClaims(claims: Readonly<Record<string, unknown>>, rules: readonly RoleRule[]): Role | undefined {
  const met = rules.filter((rule) => isMet(claims, rule)).map(({ role }) => role);
  return roles.findLast((role) => met.includes(role));
}

function isMet(claims: Readonly<Record<string, unknown>>, { claim, value }: RoleRule): boolean {
  const found = Object.hasOwn(claims, claim) ? claims[claim] : undefined;
  const texts = (Array.isArray(found) ? found : [found]).filter((text) => typeof text === 'string');
  return value === undefined ? texts.length > 0 : texts.includes(value);
}

function parseRule(text: string, field: string): RoleRule {
  const { claim = '', value = '', role = '' } = ruleForm.exec(text)?.groups ?? {};
  if (!isRole(role)) {
    const shown = printable(text.slice(0, 100));
    throw CardumeError.invalidField(field, `"${shown}" is no CLAIM=VALUE:ROLE with the role ${roles.join(', ')}`);
  }
  return { claim, value: value === '*' ? undefined : value, role };
}
