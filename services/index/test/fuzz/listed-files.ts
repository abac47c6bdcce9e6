import { FileEntry } from '@cardume/proto/index/v1';
import { digestOf } from '../support/listed.ts';

const words = ['alpha', 'beta', 'gamma', 'delta', 'niña', 'straße', '日本語', 'report', 'data', 'backup', 'v2', 'x'];
/** Names as they are in use: enough that a search has something to do. */
export const names = words.flatMap((a) =>
  words.flatMap((b) => [`${a}/${b}.txt`, `${a} ${b}.tar.gz`, `${b}-${a}.iso`].map((name) => name.normalize('NFC'))),
);
/** Files of those names. */
export const entries = names.map((name, at) =>
  FileEntry.fromPartial({
    name,
    sizeBytes: at * 1_000,
    digest: digestOf(name),
    modifyTime: new Date(1_700_000_000_000),
  }),
);
/** A folder. */
export const folder = FileEntry.fromPartial({
  ...{ name: 'photos', sizeBytes: 1_000, digest: digestOf('photos'), folder: { fileCount: 3, totalSizeBytes: 9_000 } },
});
/** That of a list. */
export const fingerprint = Buffer.alloc(32, 7);

/** Nobody listens on port 1, and nobody but this machine is ever dialled by a test. */
export const endpoint = { host: '127.0.0.1', port: 1, shareName: 'share' };
