import type { ClientHttp2Stream } from 'node:http2';
import { type PeerClient, type PieceNews, PieceSet } from '@cardume/client';
import { WatchPiecesResponse } from '@cardume/proto/transfer/v1';
import { afterEach } from '@jest/globals';
import { until } from '../../../../tests/support/until.ts';
import type { TestPart } from './part-file.ts';

/** What somebody knows who watches, put together from what came. */
export interface Watch {
  news: PieceNews[];
  have: PieceSet;
  underway: Set<number>;
  complete: boolean;
  /** Settles when the stream ends. */
  ended: Promise<void>;
}

/** Gives a function that watches a file. Watches end with the test. */
export function useWatches() {
  const callers: AbortController[] = [];
  afterEach(() => {
    for (const caller of callers.splice(0)) caller.abort();
  });
  return (
    client: PeerClient,
    { digest, sizeBytes, pieceCount }: Pick<TestPart, 'digest' | 'sizeBytes' | 'pieceCount'>,
    onNews: (news: PieceNews) => void = () => {},
  ): Watch => {
    const caller = new AbortController();
    callers.push(caller);
    const have = new PieceSet(pieceCount);
    const watch: Watch = { news: [], have, underway: new Set(), complete: false, ended: Promise.resolve() };
    const read = async (): Promise<void> => {
      for await (const news of client.watchPieces(digest, sizeBytes, { signal: caller.signal })) {
        take(watch, news);
        onNews(news);
      }
    };
    watch.ended = read();
    watch.ended.catch(() => {});
    return watch;
  };
}

function take(watch: Watch, news: PieceNews): void {
  watch.news.push(news);
  if (news.isState) Object.assign(watch, { have: new PieceSet(watch.have.pieceCount), underway: new Set() });
  for (const piece of piecesOf(news.added)) watch.have.add(piece);
  for (const piece of piecesOf(news.underway)) watch.underway.add(piece);
  for (const piece of piecesOf(news.ended)) watch.underway.delete(piece);
  watch.complete = news.complete || (watch.complete && !news.isState);
}

/** The pieces of runs, one by one. */
export function piecesOf(runs: readonly { first: number; end: number }[]): number[] {
  return runs.flatMap(({ first, end }) => Array.from({ length: end - first }, (_, index) => first + index));
}

/** Reads the messages of a stream until enough have come. */
export async function readMessages(
  stream: ClientHttp2Stream,
  isEnough: (messages: WatchPiecesResponse[]) => boolean,
): Promise<WatchPiecesResponse[]> {
  const messages: WatchPiecesResponse[] = [];
  let rest = Buffer.alloc(0);
  stream.on('data', (data: Buffer) => {
    rest = Buffer.concat([rest, data]);
    while (rest.length >= 5 && rest.length >= 5 + rest.readUInt32BE(1)) {
      const end = 5 + rest.readUInt32BE(1);
      messages.push(WatchPiecesResponse.decode(rest.subarray(5, end)));
      rest = rest.subarray(end);
    }
  });
  await until('enough messages', () => isEnough(messages));
  return messages;
}

/** All pieces that messages say are there. */
export function piecesTold(messages: readonly WatchPiecesResponse[], pieceCount: number): PieceSet {
  const told = new PieceSet(pieceCount);
  for (const piece of messages.flatMap((message) => addedPieces(message, pieceCount))) told.add(piece);
  return told;
}

function addedPieces({ payload }: WatchPiecesResponse, pieceCount: number): number[] {
  if (payload?.$case === 'change') {
    return piecesOf(payload.value.added.map(({ first, count }) => ({ first, end: first + count })));
  }
  const have = payload?.value.have ?? new Uint8Array();
  const all = Array.from({ length: pieceCount }, (_, piece) => piece);
  return all.filter((piece) => ((have[piece >> 3] ?? 0) & (1 << (piece & 7))) !== 0);
}
