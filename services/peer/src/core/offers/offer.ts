import type { FolderSummary } from '@cardume/client';

/** What somebody wants to send to this peer, checked in its form only: nothing of it is proven. */
export interface Offer {
  /** What it is to be called in the inbox: one safe part of a name. */
  name: string;
  /** Of a folder, of its manifest. */
  sizeBytes: number;
  /** 64 lower-case hex digits; of a folder, of its manifest. */
  digest: string;
  /** What is in a folder; undefined: it is a file. */
  folder: FolderSummary | undefined;
}

/** Who sends, as far as it is known. */
export interface Sender {
  /** As the certificate says; undefined without certificates. */
  user: string | undefined;
  /** The host that the call came from. */
  host: string;
}

/** How many bytes it takes in the inbox. */
export function totalBytesOf({ sizeBytes, folder }: Offer): number {
  return folder?.totalSizeBytes ?? sizeBytes;
}

/** What tells senders from each other: users where there are certificates, else the hosts that they call from. */
export function senderKey({ user, host }: Sender): string {
  return user === undefined ? `host ${host}` : `user ${user}`;
}

/** What tells offers from each other, whoever makes them. */
export function offerKey({ name, sizeBytes, digest, folder }: Offer): string {
  const kind = folder === undefined ? 'file' : `folder ${folder.fileCount} ${folder.totalSizeBytes}`;
  return `${digest} ${sizeBytes} ${kind} ${name}`;
}
