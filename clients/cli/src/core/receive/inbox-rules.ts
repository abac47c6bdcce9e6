import { CardumeError } from '@cardume/client';

/** The flags that say what is taken. */
export interface RuleFlags {
  /** Users, each with commas between or given by itself. */
  from?: string[];
  /** In bytes. */
  maxSize?: number;
  /** In bytes. */
  quota?: number;
  /** Extensions. */
  types?: string[];
  yes?: boolean;
  ask?: boolean;
}

/** What is taken, as a peer is started with it. */
export interface InboxRules {
  otherwise: 'accept' | 'ask';
  users: string[] | undefined;
  maxBytes: number | undefined;
  quotaBytes: number | undefined;
  types: string[] | undefined;
}

/**
 * Makes the rules of an inbox of flags. Without one that takes something, whoever is at the terminal is asked; where nobody is,
 * nothing would be taken, and that is told.
 *
 * @param canAsk whether somebody is at a terminal
 * @param prefix what stands before the names of the flags: `inbox-`
 * @throws CardumeError INVALID_FIELD
 */
export function inboxRules(flags: RuleFlags, canAsk: boolean, prefix = ''): InboxRules {
  const { yes = false, ask = false, from, maxSize, quota, types } = flags;
  const flag = (name: string): string => `--${prefix}${name}`;
  if (ask && !canAsk) throw CardumeError.invalidField(flag('ask'), 'there is no terminal here to ask at');
  const isTaken = yes || (from !== undefined && !ask);
  if (!isTaken && !canAsk) {
    throw CardumeError.invalidField(
      flag('yes'),
      `nobody can be asked here, so that nothing would be taken: give ${flag('from')} USER for what some users send, or ${flag('yes')} for what anybody sends`,
    );
  }
  const listOf = (texts: string[] | undefined): string[] | undefined =>
    texts?.flatMap((text) => text.split(',')).map((text) => text.trim());
  return {
    otherwise: isTaken ? 'accept' : 'ask',
    users: listOf(from),
    maxBytes: maxSize,
    quotaBytes: quota,
    types: listOf(types),
  };
}
