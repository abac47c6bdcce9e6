import { formatAddress, type IndexChange, type ListedFile, printable } from '@cardume/client';
import { plural } from '../units/plural.ts';
import { formatSize } from '../units/size.ts';
import { shortDigest } from './short-digest.ts';

/** A change at an index in lines for people: one for a peer, one for each file. */
export function changeLines(change: IndexChange): string[] {
  const peer = printable(shortDigest(change.peerId));
  switch (change.kind) {
    case 'peer-joined': {
      const kept = change.listKept ? ', with the list that it had' : '';
      return [`joined  ${peer}  ${printable(formatAddress(change))}  ${printable(change.shareName)}${kept}`];
    }
    case 'peer-left':
      return [`left    ${peer}  ${change.expired ? 'was not heard of any more' : 'said goodbye'}`];
    case 'list-changed':
      return [
        ...change.removed.map((file) => `gone    ${peer}  ${fileText(file)}`),
        ...change.added.map((file) => `${file.partial === true ? 'partial' : 'shared '} ${peer}  ${fileText(file)}`),
      ];
  }
}

function fileText({ name, sizeBytes, digest, folder }: ListedFile): string {
  const what =
    folder === undefined
      ? formatSize(sizeBytes)
      : `${plural(folder.fileCount, 'file')}, ${formatSize(folder.totalSizeBytes)}`;
  return `${printable(name)}${folder === undefined ? '' : '/'}  ${what}  ${shortDigest(digest)}`;
}
