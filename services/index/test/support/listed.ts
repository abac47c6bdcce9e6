import { createHash } from 'node:crypto';
import type { JoinInput, ListedFile } from '@cardume/client';

/** A file for a list: its digest is made of its content's label, its size is 100 bytes. */
export function listed(name: string, more: Partial<ListedFile> & { content?: string } = {}): ListedFile {
  const { content = name, ...rest } = more;
  return { name, sizeBytes: 100, digest: digestOf(content), modifyTime: new Date(1_700_000_000_000), ...rest };
}

/** A digest by the label of a content. */
export function digestOf(content: string): string {
  return createHash('sha256').update(content).digest('hex');
}

/** A peer id by a label. */
export function peerIdOf(label: string): string {
  return digestOf(`peer ${label}`);
}

/** What a peer joins with; nobody listens on port 1. */
export function joinInput(files: readonly ListedFile[], more: Partial<JoinInput> = {}): JoinInput {
  return { host: '127.0.0.1', port: 1, shareName: 'share', files, ...more };
}
