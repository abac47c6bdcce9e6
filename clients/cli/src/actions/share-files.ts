import { CardumeError } from '@cardume/client';
import type { Context } from './context.ts';
import { openOwnInbox } from './open-own-inbox.ts';
import { type ServeFlags, servePeer } from './serve-peer.ts';

/** The flags of `cardume share`. */
export interface ShareFlags extends ServeFlags {
  /** The folder where what others send lands. */
  inbox?: string;
  inboxFrom?: string[];
  /** In bytes. */
  inboxMaxSize?: number;
  /** In bytes. */
  inboxQuota?: number;
  inboxTypes?: string[];
  inboxYes?: boolean;
  inboxAsk?: boolean;
  inboxShareOn?: boolean;
}

/** Shares folders and files until the command is interrupted: a server that is asked to stop has done its job. */
export async function shareFiles(paths: string[], flags: ShareFlags, context: Context): Promise<number> {
  const { inbox: folder, inboxShareOn = false } = flags;
  checkInboxFlags(flags);
  if (folder === undefined) return servePeer({ paths, statePaths: paths, inbox: undefined }, flags, context);
  const rules = {
    from: flags.inboxFrom,
    maxSize: flags.inboxMaxSize,
    quota: flags.inboxQuota,
    types: flags.inboxTypes,
    yes: flags.inboxYes,
    ask: flags.inboxAsk,
  };
  const inbox = await openOwnInbox(folder, rules, context, 'inbox-');
  const shared = inboxShareOn ? [...paths, folder] : paths;
  return servePeer({ paths: shared, statePaths: paths, inbox }, flags, context);
}

/** What is said of an inbox without one would be passed over, which its owner would not expect. */
function checkInboxFlags(flags: ShareFlags): void {
  if (flags.inbox !== undefined) return;
  const { inboxFrom, inboxMaxSize, inboxQuota, inboxTypes, inboxYes, inboxAsk, inboxShareOn } = flags;
  const given = [inboxFrom, inboxMaxSize, inboxQuota, inboxTypes, inboxYes, inboxAsk, inboxShareOn];
  if (given.every((value) => value === undefined)) return;
  throw CardumeError.invalidField('--inbox', 'name the folder where what others send is to land');
}
