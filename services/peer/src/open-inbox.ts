import type { TlsOfPeer } from '@cardume/client';
import { CardumeError, type IndexClient, PeerPool } from '@cardume/client';
import type { OpenPaths } from '@cardume/client/relay';
import type { Logger } from '@cardume/service-kit';
import { openInboxFolder } from './adapters/inbox/inbox-folder.ts';
import { senderWaitMs } from './core/limits.ts';
import { checkRules, type OfferRules } from './core/offers/offer-rules.ts';
import type { PeerEvent } from './core/peer-event.ts';
import { type AskOwner, Inbox } from './inbox.ts';
import type { PassOnInit } from './pass-on.ts';
import { OfferReceiver } from './receive-offers.ts';
import { UploadReceiver } from './receive-uploads.ts';

/** What a peer takes from others, and where it puts that. */
export interface InboxOptions extends OfferRules {
  /** The folder where it lands; made when absent. */
  folder: string;
  /** Asks the owner, where `otherwise` is `ask`. Default: nobody is asked, which is a no. */
  ask?: AskOwner | undefined;
  /** For how long what was accepted waits for somebody who gives it, in milliseconds. Default: 60,000. */
  waitMs?: number | undefined;
}

export interface OpenInboxInit extends PassOnInit {
  options: InboxOptions;
  index: IndexClient;
  /** How peers are connected to; undefined: in plaintext. */
  tls: TlsOfPeer | undefined;
  /** How peers are reached that the index could not dial; closed with the inbox. Default: they are dialled. */
  paths?: OpenPaths;
  nowMs: () => number;
  logger: Logger;
  onEvent: (event: PeerEvent) => void;
}

/** The inbox of a peer that takes something. */
export interface OpenInbox {
  offers: OfferReceiver;
  uploads: UploadReceiver;
  /** Stops what is being received; what is verified stays. */
  close(): Promise<void>;
}

/**
 * Opens the inbox of a peer. Only a peer that takes something loads this file.
 *
 * @throws CardumeError INVALID_FIELD for a folder or rules that cannot be
 */
export async function openInbox({ options, tls, paths, ...init }: OpenInboxInit): Promise<OpenInbox> {
  const { ask, waitMs = senderWaitMs } = options;
  if (options.otherwise === 'ask' && ask === undefined) {
    throw CardumeError.invalidField('inbox', 'nobody is there to be asked');
  }
  const folder = await openInboxFolder(options.folder, Date.now());
  const inbox = new Inbox({ folder, rules: checkRules(options), ask, nowMs: init.nowMs });
  const peers = new PeerPool({ tls, paths });
  const offers = new OfferReceiver({ ...init, inbox, peers, waitMs });
  return {
    offers,
    uploads: new UploadReceiver({ ...init, inbox }),
    async close() {
      await offers.close();
      peers.close();
      paths?.close();
      await folder.close();
    },
  };
}
