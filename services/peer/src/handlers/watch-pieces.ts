import { checkDigest, frameMessage, type PieceRun, pieceCount } from '@cardume/client';
import { type PieceRange, type WatchPiecesRequest, WatchPiecesResponse } from '@cardume/proto/transfer/v1';
import { peerOf, type RawStreamHandler, type SharedSlots, takeSlot } from '@cardume/service-kit';
import type { PieceBoards } from '../core/pieces/piece-boards.ts';
import type { PiecesChange, PiecesState } from '../core/pieces/piece-news.ts';
import type { SeeingCaller, SeenShare } from '../core/share-rights.ts';

export interface WatchPiecesComponents extends SharedSlots {
  boards: PieceBoards;
  /** What a caller sees, by its certificate. */
  seenBy: (caller: SeeingCaller | undefined) => Pick<SeenShare, 'checkDigest'>;
}

/**
 * Makes the handler of `TransferService.WatchPieces`. The same message goes to all who watch a file, so that it is made
 * once; and as long as a caller has not taken one, no other is made for it.
 */
export function createWatchPieces(components: WatchPiecesComponents): RawStreamHandler<WatchPiecesRequest> {
  const framed = new WeakMap<PiecesChange, Buffer>();
  const frame = (news: PiecesState | PiecesChange): Buffer => {
    if (news.kind === 'state') return frameState(news);
    const known = framed.get(news) ?? frameChange(news);
    framed.set(news, known);
    return known;
  };
  return async function watchPieces({ digest }, { signal, callerAddress, caller, send }) {
    checkDigest(digest, 'digest');
    const peer = peerOf(caller);
    const giveBack = takeSlot(components, callerAddress, peer?.peerId);
    try {
      components.seenBy(peer).checkDigest(digest);
      const watcher = components.boards.watch(digest);
      try {
        for (let news = await watcher.next(signal); news !== undefined; news = await watcher.next(signal)) {
          await send(frame(news));
        }
      } finally {
        watcher.close();
      }
    } finally {
      giveBack();
    }
  };
}

function frameState({ sizeBytes, pieceLengthBytes, have, underway }: PiecesState): Buffer {
  const complete = have === undefined || have.size === pieceCount(sizeBytes, pieceLengthBytes);
  return frameMessage(
    WatchPiecesResponse.encode({
      payload: {
        $case: 'state',
        value: {
          sizeBytes,
          pieceLengthBytes,
          complete,
          have: complete ? new Uint8Array() : have.toBits(),
          underway: underway.map(rangeOf),
        },
      },
    }).finish(),
  );
}

function frameChange({ added, underway, ended, complete }: PiecesChange): Buffer {
  return frameMessage(
    WatchPiecesResponse.encode({
      payload: {
        $case: 'change',
        value: {
          added: added.map(rangeOf),
          underway: underway.map(rangeOf),
          ended: ended.map(rangeOf),
          complete,
        },
      },
    }).finish(),
  );
}

function rangeOf({ first, end }: PieceRun): PieceRange {
  return { first, count: end - first };
}
