import { isAbsolute, resolve } from 'node:path';
import type { InboxOptions } from '@cardume/peer';
import { canAsk } from '../adapters/can-ask.ts';
import { makeFolder } from '../adapters/make-folder.ts';
import { openPrompt } from '../adapters/open-prompt.ts';
import { inboxRules, type RuleFlags } from '../core/receive/inbox-rules.ts';
import { createAskOwner } from './ask-owner.ts';
import type { Context } from './context.ts';

/** An inbox that a command's peer has. */
export interface OwnInbox {
  options: InboxOptions;
  /** Asks nobody any more. */
  close(): void;
}

/**
 * Makes an inbox of flags, and its folder.
 *
 * @param prefix what stands before the names of the flags
 * @throws CardumeError INVALID_FIELD
 */
export async function openOwnInbox(folder: string, flags: RuleFlags, context: Context, prefix = ''): Promise<OwnInbox> {
  const rules = inboxRules(flags, canAsk(process), prefix);
  const path = isAbsolute(folder) ? folder : resolve(context.cwd ?? '.', folder);
  await makeFolder(path);
  if (rules.otherwise !== 'ask') return { options: { ...rules, folder: path }, close: () => {} };
  const prompt = openPrompt(process);
  const ask = createAskOwner(prompt, context);
  return { options: { ...rules, folder: path, ask }, close: () => prompt.close() };
}
