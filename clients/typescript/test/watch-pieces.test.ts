import { openPeer, type PieceNews } from '@cardume/client';
import { TransferServiceDefinition, type WatchPiecesResponse } from '@cardume/proto/transfer/v1';
import { afterAll, describe, expect, test } from '@jest/globals';
import { createServer, type Server, ServerError, Status } from 'nice-grpc';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { takesNothing } from '../../../tests/support/takes-nothing.ts';

const mib = 1024 * 1024;
const digest = 'ab'.repeat(32);
// Ten pieces.
const sizeBytes = 9 * mib + 1;
const servers: Server[] = [];

afterAll(() => {
  for (const server of servers) server.forceShutdown();
});

type Payload = WatchPiecesResponse['payload'];

const state = (more: object): Payload => ({
  $case: 'state',
  value: {
    sizeBytes,
    pieceLengthBytes: mib,
    complete: false,
    have: new Uint8Array(2),
    underway: [],
    ...more,
  },
});
const change = (more: object): Payload => ({
  $case: 'change',
  value: { added: [], underway: [], ended: [], complete: false, ...more },
});

/** All that is made of what a holder says. */
async function hear(payloads: readonly Payload[]): Promise<PieceNews[]> {
  const other = async (): Promise<never> => {
    throw new ServerError(Status.UNIMPLEMENTED, 'no');
  };
  // biome-ignore lint/correctness/useYield: it fails
  const otherStream = async function* (): AsyncGenerator<never> {
    await other();
  };
  const server = createServer();
  servers.push(server);
  server.add(TransferServiceDefinition, {
    download: otherStream,
    downloadFiles: otherStream,
    getManifest: otherStream,
    listFiles: other,
    ...takesNothing,
    async *watchPieces() {
      for (const payload of payloads) yield { payload };
    },
  });
  const port = await server.listen('127.0.0.1:0');
  const peer = openPeer({ host: '127.0.0.1', port });
  try {
    const news: PieceNews[] = [];
    for await (const each of peer.watchPieces(digest, sizeBytes)) news.push(each);
    return news;
  } finally {
    peer.close();
  }
}

describe('what a holder says of its pieces', () => {
  test('is told as runs of pieces', async () => {
    const news = await hear([
      state({ have: Uint8Array.of(0b1010_0011, 0b1111_1111), underway: [{ first: 4, count: 2 }] }),
      change({ added: [{ first: 2, count: 3 }], ended: [{ first: 5, count: 1 }], underway: [{ first: 9, count: 1 }] }),
      // What a later version may say.
      undefined,
      change({ complete: true }),
      state({ complete: true, have: new Uint8Array() }),
    ]);
    const nothing = { underway: [], ended: [] };
    const all = [{ first: 0, end: 10 }];
    expect(news).toEqual([
      {
        isState: true,
        added: [
          { first: 0, end: 2 },
          { first: 5, end: 6 },
          // Beyond the last piece there is nothing.
          { first: 7, end: 10 },
        ],
        underway: [{ first: 4, end: 6 }],
        ended: [],
        complete: false,
      },
      {
        isState: false,
        added: [{ first: 2, end: 5 }],
        underway: [{ first: 9, end: 10 }],
        ended: [{ first: 5, end: 6 }],
        complete: false,
      },
      { isState: false, added: all, ...nothing, complete: true },
      { isState: true, added: all, ...nothing, complete: true },
    ]);
  });

  test.each<[string, Payload[]]>([
    ['a change first', [change({ added: [{ first: 0, count: 1 }] })]],
    ['nothing that is known first', [undefined]],
    ['another size', [state({ sizeBytes: sizeBytes + 1 })]],
    ['another piece length', [state({ pieceLengthBytes: 2 * mib })]],
    ['too few bits', [state({ have: new Uint8Array(1) })]],
    ['too many bits', [state({ have: new Uint8Array(131_072) })]],
    ['pieces beyond the last one', [state({}), change({ added: [{ first: 9, count: 2 }] })]],
    ['pieces before the first one', [state({}), change({ ended: [{ first: -1, count: 2 }] })]],
    ['no pieces', [state({}), change({ underway: [{ first: 1, count: 0 }] })]],
    ['more pieces than any file has', [state({ underway: [{ first: 0, count: 2 ** 52 }] })]],
  ])('fails when it is %s', async (_, payloads) => {
    expect((await failureOf(() => hear(payloads))).reason).toBe('BYTES_MISMATCH');
  });

  test('is silence for as long as nothing happens, and ends with its caller', async () => {
    const caller = new AbortController();
    const server = createServer();
    servers.push(server);
    server.add(TransferServiceDefinition, {
      async *download() {},
      async *downloadFiles() {},
      async *getManifest() {},
      listFiles: async () => ({}),
      ...takesNothing,
      async *watchPieces(_, { signal }) {
        yield { payload: state({}) };
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      },
    });
    const port = await server.listen('127.0.0.1:0');
    // A stream of bytes that brought nothing for so long would be given up.
    const peer = openPeer({ host: '127.0.0.1', port }, { stallTimeoutMs: 50 });
    const watch = peer.watchPieces(digest, sizeBytes, { signal: caller.signal });
    expect((await watch.next()).value).toMatchObject({ isState: true });
    setTimeout(() => caller.abort(), 300);
    const startMs = performance.now();
    expect((await failureOf(() => watch.next())).reason).toBe('CANCELLED');
    expect(performance.now() - startMs).toBeGreaterThan(250);
    peer.close();
  });
});
