import type { DeepPartial, ListFilesRequest, ListFilesResponse } from '@cardume/proto/transfer/v1';
import { effectivePageSize } from '../core/page-size.ts';
import { nameOfPageToken, pageTokenAfter } from '../core/page-token.ts';
import { type ShareList, sharedFileOf } from '../core/share-list.ts';

export interface ListFilesComponents {
  list: ShareList;
  peerId: string;
  shareName: string;
}

/** Makes the handler of `TransferService.ListFiles`. */
export function createListFiles({ list, peerId, shareName }: ListFilesComponents) {
  return async function listFiles(request: ListFilesRequest): Promise<DeepPartial<ListFilesResponse>> {
    const pageSize = effectivePageSize(request.pageSize);
    // One more than the page has tells whether another page follows.
    const entries = list.page(nameOfPageToken(request.pageToken), pageSize + 1);
    const files = entries.slice(0, pageSize).map(sharedFileOf);
    const nextPageToken = entries.length > pageSize ? pageTokenAfter(files.at(-1)?.name ?? '') : '';
    return { files, nextPageToken, peerId, shareName, fileCount: list.size };
  };
}
