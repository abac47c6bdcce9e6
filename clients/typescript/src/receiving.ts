/**
 * Receiving what is offered: for peers that take what others send to them.
 *
 * @example
 * ```ts
 * import { connect, PeerPool } from '@cardume/client';
 * import { receive } from '@cardume/client/receiving';
 *
 * const { index } = connect();
 * const { hits } = await index.search({ query: 'backup.tar' });
 * const peers = new PeerPool();
 * for (const file of hits.slice(0, 1)) {
 *   const { path } = await receive({ file, folder: 'inbox', holders: async () => file.holders, index, peers });
 *   console.log(path);
 * }
 * peers.close();
 * index.close();
 * ```
 *
 * @packageDocumentation
 */
export { isFolderAt } from './adapters/disk/is-folder-at.ts';
export type { FolderContent } from './core/folder/parse-folder-manifest.ts';
export { fetchFolderContent, holdersOf, type ReceiveInit, receive } from './receive.ts';
