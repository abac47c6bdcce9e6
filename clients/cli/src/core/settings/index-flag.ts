import { defaultIndex } from './default-index-address.ts';

/** What `--index` names. */
export type IndexFlag =
  | { kind: 'default' }
  /** A string to enrol with: `cardume-invite-…`. */
  | { kind: 'invite'; text: string }
  /** A file that has an invite or addresses. */
  | { kind: 'file'; path: string }
  /** `-`: the user is asked for an invite or addresses. */
  | { kind: 'asked' }
  /** `HOST:PORT`, with commas between several. */
  | { kind: 'addresses'; text: string };

const invitePrefix = 'cardume-invite-';
const filePrefix = 'file:';

/** Reads `--index`. @param given of each one the text; {@link defaultIndex} itself when nobody gave one */
export function readIndexFlag(given: readonly string[]): IndexFlag {
  if (given === defaultIndex) return { kind: 'default' };
  const text = given.join(',').trim();
  if (text === '-') return { kind: 'asked' };
  if (isInvite(text)) return { kind: 'invite', text };
  if (text.startsWith(filePrefix)) return { kind: 'file', path: text.slice(filePrefix.length) };
  return { kind: 'addresses', text };
}

/** Whether a text is meant as an invite. */
export function isInvite(text: string): boolean {
  return text.startsWith(invitePrefix);
}
