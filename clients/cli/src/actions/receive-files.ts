import { join, resolve } from 'node:path';
import { makeFolder } from '../adapters/make-folder.ts';
import { machineName } from '../adapters/own-addresses.ts';
import type { RuleFlags } from '../core/receive/inbox-rules.ts';
import type { Context } from './context.ts';
import { openOwnInbox } from './open-own-inbox.ts';
import { type ServeFlags, servePeer } from './serve-peer.ts';

/** The flags of `cardume receive`. */
export interface ReceiveFlags extends ServeFlags, RuleFlags {
  shareOn?: boolean;
}

/** Takes what others send, until the command is interrupted. */
export async function receiveFiles(folder: string, flags: ReceiveFlags, context: Context): Promise<number> {
  const inbox = await openOwnInbox(folder, flags, context);
  const { folder: path } = inbox.options;
  // Apart from a share of the same folder, which is a peer of its own.
  const statePath = join(context.stateHome, 'inboxes');
  await makeFolder(statePath);
  const named = { ...flags, name: flags.name ?? machineName() };
  return servePeer(
    { paths: flags.shareOn === true ? [path] : [], statePaths: [resolve(path), statePath], inbox },
    named,
    context,
  );
}
