import { after, nowMs } from './adapters/system-clock.ts';
import { notFoundYetMs } from './core/limits.ts';
import { PassedFiles } from './core/passed-files.ts';
import { PieceBoards } from './core/pieces/piece-boards.ts';
import { type ShareEntry, ShareList } from './core/share-list.ts';
import { SharedFiles } from './core/shared-files.ts';
import type { PeerSettings } from './peer-options.ts';
import { LooseFiles } from './share-partial.ts';

/** All that a peer shares: its lists, who fills them, and who is told of what changes on them. */
export interface OpenShare {
  /** All of it, as it is listed and served. */
  readonly files: SharedFiles;
  /** The files of its paths; whoever follows these fills it. */
  readonly found: ShareList;
  /** The folders of its paths, each as one thing; filled by the same. */
  readonly folders: ShareList;
  /** What its owner gives one by one. */
  readonly loose: LooseFiles;
  /** What is being received, and given to those who receive the same. */
  readonly received: LooseFiles;
  /** The small files of that. */
  readonly passed: PassedFiles;
  /** Which pieces there are, for those who watch a file. */
  readonly boards: PieceBoards;
  /** Says that a name of a path is on a list now and was not, or the other way round, or has other content. */
  noteFound(name: string): void;
  /** Says that a file is not on the disk as it was hashed: it is shared no longer. */
  noteChanged(entry: ShareEntry): void;
  /** Calls one listener with each name that the index is to be told of. Before there is one, the whole list is still to be told. */
  onListed(listener: (name: string) => void): void;
  /** Calls one listener with each file that is not on the disk as it was. Before there is one, nothing of a path is served. */
  onChanged(listener: (entry: ShareEntry) => void): void;
}

/** Opens what a peer shares, with nothing on it. */
export function openShare({ paths, unlisted }: PeerSettings, owned: AsyncDisposableStack): OpenShare {
  let tellListed: (name: string) => void = () => {};
  let tellChanged: (entry: ShareEntry) => void = () => {};
  // Each of the two tells the boards what becomes of a file, and these ask both what there is of it.
  const noteDigest = (digest: string): void => boards.changed(digest);
  const found = new ShareList(noteDigest);
  const looseList = new ShareList(noteDigest);
  const folders = new ShareList(noteDigest);
  const receivedList = new ShareList(noteDigest);
  const passed = new PassedFiles(noteDigest);
  // What is listed nowhere is found by those who know its digest, and has no name for anybody else.
  const files = unlisted
    ? new SharedFiles(new ShareList(), looseList, new ShareList(), [found, folders, receivedList, passed])
    : new SharedFiles(found, looseList, folders, [receivedList, passed]);
  // Who downloaded from it before it was stopped asks at once, and need not look for another one.
  if (paths.length > 0) files.retryDelayMs = notFoundYetMs;
  const boards = new PieceBoards({ held: (digest) => files.held(digest), nowMs, after });
  const openLoose = (list: ShareList, onChanged: (name: string) => void): LooseFiles =>
    owned.adopt(new LooseFiles({ list, files, boards, onChanged }), (shared) => shared.close());
  const loose = openLoose(looseList, (name) => tellListed(name));
  const received = openLoose(receivedList, () => {});
  return {
    ...{ files, found, folders, loose, received, passed, boards },
    noteFound(name) {
      // What is listed nowhere is not told to the index, not even that it is gone.
      if (!unlisted) tellListed(name);
    },
    noteChanged(entry) {
      tellChanged(entry);
      loose.noteChanged(entry);
      received.noteChanged(entry);
    },
    onListed(listener) {
      tellListed = listener;
    },
    onChanged(listener) {
      tellChanged = listener;
    },
  };
}
