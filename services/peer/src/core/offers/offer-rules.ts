import { CardumeError } from '@cardume/client';
import { maxOfferRules } from '../limits.ts';

/** What the owner of a peer lets others send to it. */
export interface OfferRules {
  /** What becomes of an offer that the other rules let pass. Default: `refuse`. */
  otherwise?: 'accept' | 'ask' | 'refuse';
  /** Only from these users, as certificates name them; without certificates nobody is one. Default: from everybody. */
  users?: readonly string[] | undefined;
  /** Only what has at most so many bytes: a file, or a folder's files together. Default: of any size. */
  maxBytes?: number | undefined;
  /** Only as much as the inbox then has at most so many bytes in it, by whomever they came there. Default: all that fits. */
  quotaBytes?: number | undefined;
  /** Only files with these extensions, without regard to case, and folders with no others: `iso`, `tar.gz`. Default: all. */
  types?: readonly string[] | undefined;
}

/** The same, checked, with every default in its place. */
export interface CheckedRules {
  otherwise: 'accept' | 'ask' | 'refuse';
  users: ReadonlySet<string> | undefined;
  maxBytes: number | undefined;
  quotaBytes: number | undefined;
  /** Lower-case, each with its dot. */
  types: readonly string[] | undefined;
}

/** @throws CardumeError INVALID_FIELD for rules that cannot be meant */
export function checkRules({ otherwise = 'refuse', users, maxBytes, quotaBytes, types }: OfferRules): CheckedRules {
  for (const list of [users, types]) {
    if ((list?.length ?? 0) > maxOfferRules)
      throw CardumeError.invalidField('inbox', `has over ${maxOfferRules} rules`);
  }
  for (const bytes of [maxBytes, quotaBytes]) {
    if (bytes === undefined || (Number.isFinite(bytes) && bytes >= 1)) continue;
    throw CardumeError.invalidField('inbox', 'a size must be at least 1 byte');
  }
  return {
    otherwise,
    users: users === undefined ? undefined : new Set(users),
    maxBytes,
    quotaBytes,
    types: types?.map(extensionOf),
  };
}

function extensionOf(type: string): string {
  const plain = type
    .trim()
    .toLowerCase()
    .replace(/^\*?\./, '');
  if (/^[^\s/\\*?]{1,32}$/.test(plain)) return `.${plain}`;
  throw CardumeError.invalidField('types', `"${type}" is no extension; write such as iso or tar.gz`);
}
