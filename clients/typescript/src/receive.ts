import type { IndexClient } from './adapters/index/open-index.ts';
import type { PeerPool } from './adapters/peer/peer-pool.ts';
import { type HolderToTry, orderHolders } from './core/download/order-holders.ts';
import type { FolderContent } from './core/folder/parse-folder-manifest.ts';
import type { DownloadProgress, DownloadResult, GetOptions } from './core/model/download.ts';
import type { PartSharer } from './core/model/part-sharer.ts';
import type { Hit } from './core/model/search.ts';
import type { SharedFile } from './core/model/shared-file.ts';
import { lastPart } from './core/names/last-part.ts';
import { downloadFile } from './download-file.ts';
import { fetchFolderManifest } from './fetch-folder-manifest.ts';
import { holdersNow } from './find-file.ts';
import { findManyAtIndex } from './find-many-at-index.ts';
import { getFolder } from './get-folder.ts';
import type { FellowReceivers } from './get-small-folder-files.ts';

/** What is received, from whom, and where to. */
export interface ReceiveInit {
  /** As it was offered: it is proven by the time that the last piece is. The last part of its name is what it is called. */
  file: Pick<SharedFile, 'name' | 'sizeBytes' | 'digest' | 'folder'>;
  /** What is in a folder, as `fetchFolderContent` gave it. Default: it is fetched. */
  content?: FolderContent | undefined;
  /** The folder to put it in; made when absent. */
  folder: string;
  /** Who has it, best first; asked again before each round. */
  holders: () => Promise<readonly HolderToTry[]>;
  /** Asked who has the single files of a folder. */
  index: IndexClient;
  /** The connections to peers. */
  peers: PeerPool;
  /** For how long it waits for a holder while it has none, in milliseconds. Default: 30,000. */
  holderWaitMs?: number | undefined;
  /** Shares it with others while it comes. Default: nobody does. */
  sharer?: PartSharer | undefined;
  /** Called when a holder has served wrong bytes. */
  onLiar?: ((holder: HolderToTry, piece: number) => void) | undefined;
  onProgress?: ((progress: DownloadProgress) => void) | undefined;
  /** Stops it with CANCELLED; what is verified stays for the next run. */
  signal?: AbortSignal | undefined;
}

/**
 * Downloads a file or folder from holders that the caller names: see `downloadFile` and `Cardume.get` for what they promise.
 *
 * @throws CardumeError what those throw
 */
export async function receive(init: ReceiveInit): Promise<DownloadResult> {
  const { file, folder, holders, peers, holderWaitMs, sharer, onLiar, onProgress, signal } = init;
  const how = { folder, name: lastPart(file.name), holders, peers, holderWaitMs, sharer, onLiar, onProgress, signal };
  if (file.folder === undefined) return downloadFile({ digest: file.digest, sizeBytes: file.sizeBytes, ...how });
  const hit = await hitOf(init);
  const options: GetOptions = { folder, name: how.name, ...defined({ holderWaitMs, onProgress, signal }) };
  return getFolder([hit], options, {
    peers,
    limit: undefined,
    holders,
    onLiar: (holder) => onLiar?.(holder, 0),
    content: init.content,
    receivers: await fellowsOf(init),
    onPlaced: (placed) => sharer?.placed?.(placed),
    find: async (digests) => {
      const found = await findManyAtIndex(init.index, digests, signal === undefined ? {} : { signal });
      return digests.map((digest) => found.get(digest));
    },
    download: ({ digest, sizeBytes, holders: known, name }, { name: target, ...fileOptions }) =>
      downloadFile({
        ...{ digest, sizeBytes, peers, holderWaitMs, sharer, onLiar, signal },
        ...{ folder: fileOptions.folder ?? folder, name: target ?? lastPart(name), sharedName: name },
        holders: async () => [...(await holders()), ...orderHolders(known)],
        ...defined({ onProgress: fileOptions.onProgress }),
      }),
  });
}

/**
 * What is in a folder, by its manifest, which is fetched into memory and proven.
 *
 * @throws CardumeError NO_HOLDER_LEFT, FOLDER_REFUSED, CANCELLED
 */
export async function fetchFolderContent(init: ReceiveInit): Promise<FolderContent> {
  const { holders, peers, holderWaitMs = 30_000, onLiar, signal = new AbortController().signal } = init;
  return fetchFolderManifest({
    variants: [await hitOf(init)],
    peers,
    holders,
    holderWaitMs,
    onWaiting: () => undefined,
    onLiar: (holder) => onLiar?.(holder, 0),
    signal,
  });
}

/** Undefined: nobody else receives it, or this one gives nothing back. */
async function fellowsOf({ holders, sharer, onLiar }: ReceiveInit): Promise<FellowReceivers | undefined> {
  const { ownPeerId } = sharer ?? {};
  if (ownPeerId === undefined) return undefined;
  if (!(await holders()).some(({ mayComeLater }) => mayComeLater)) return undefined;
  return { ownPeerId, holders, onLiar: (holder) => onLiar?.(holder, 0) };
}

/** Who has a content, as an index knows now; nobody when the index is away. */
export async function holdersOf(
  index: IndexClient,
  file: ReceiveInit['file'],
  signal: AbortSignal,
): Promise<readonly HolderToTry[]> {
  const hit: Hit = { ...file, modifyTime: undefined, holders: [], holderCount: 0 };
  return orderHolders(await holdersNow(index, hit, { signal }));
}

async function hitOf({ file, holders }: ReceiveInit): Promise<Hit> {
  const named = (await holders()).map((holder) => ({
    ...holder,
    renewalAgeMs: 0,
    reachable: true,
    reportCount: 0,
    restricted: false,
  }));
  return { ...file, modifyTime: undefined, holders: named, holderCount: named.length };
}

/** Leaves out what is undefined. */
function defined<Options extends object>(
  options: Options,
): { [Key in keyof Options]?: Exclude<Options[Key], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never;
}
