import type { DeepPartial, ListFilesRequest, ListFilesResponse } from '@cardume/proto/transfer/v1';
import { callerOf, checkPageSize, peerOf, readPageToken, writePageToken } from '@cardume/service-kit';
import type { CallContext } from 'nice-grpc';
import { defaultPageSize, maxPageSize } from '../core/limits.ts';
import { sharedFileOf } from '../core/share-list.ts';
import type { SeeingCaller, SeenShare } from '../core/share-rights.ts';

export interface ListFilesComponents {
  /** What a caller sees, by its certificate. */
  seenBy: (caller: SeeingCaller | undefined) => Pick<SeenShare, 'files' | 'shareName'>;
  peerId: string;
}

// What this method's page tokens are bound to: its name, and whether folders are among the files.
const tokensOf = (includeFolders: boolean): string => (includeFolders ? 'list-files and folders' : 'list-files');

/** Makes the handler of `TransferService.ListFiles`. */
export function createListFiles({ seenBy, peerId }: ListFilesComponents) {
  return async function listFiles(
    request: ListFilesRequest,
    context: CallContext,
  ): Promise<DeepPartial<ListFilesResponse>> {
    const { files: shared, shareName } = seenBy(peerOf(callerOf(context)));
    const pageSize = checkPageSize(request.pageSize, { defaultPageSize, maxPageSize });
    // A page begins after a name, so that a list that changes meanwhile loses no file.
    const tokens = tokensOf(request.includeFolders);
    const after = request.pageToken === '' ? '' : readPageToken(tokens, request.pageToken).toString();
    // One more than the page has tells whether another page follows.
    const entries = shared.page(after, pageSize + 1, request.includeFolders);
    const files = entries.slice(0, pageSize).map(sharedFileOf);
    const last = entries.length > pageSize ? files.at(-1) : undefined;
    const nextPageToken = last === undefined ? '' : writePageToken(tokens, Buffer.from(last.name));
    return { files, nextPageToken, peerId, shareName, fileCount: shared.size };
  };
}
