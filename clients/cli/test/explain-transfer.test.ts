import type { ProcessLoad, Transfer, TransferCaller, TransferSource } from '@cardume/client';
import { describe, expect, test } from '@jest/globals';
import { chooseTransfers } from '../src/core/why/choose-transfers.ts';
import { DownloadBoard } from '../src/core/why/download-board.ts';
import { explainTransfer } from '../src/core/why/explain-transfer.ts';

const mb = 1_000_000;
const idle: ProcessLoad = { processors: 0.1, processorCount: 4, mainThreadShare: 0.1 };

function source(address: string, change: Partial<TransferSource> = {}): TransferSource {
  return {
    ...{ peerId: 'a', address, path: 'direct', state: 'asked', partial: false, bytesPerSecond: 5 * mb },
    ...{ verifiedBytes: 0, networkBytes: 0, wrongCount: 0, stallCount: 0, isStalled: false },
    ...{ roundTripMs: 2, failure: undefined, ...change },
  };
}

function download(change: Partial<Transfer> = {}): Transfer {
  return {
    ...{ id: '7-d1', direction: 'download', name: 'a', digest: 'ab'.repeat(32), sizeBytes: 100 * mb },
    ...{
      phase: 'transferring',
      startTime: new Date(0),
      doneBytes: 0,
      networkBytes: 0,
      resumedBytes: 0,
      copiedBytes: 0,
    },
    ...{ bytesPerSecond: 10 * mb, maxBytesPerSecond: undefined, folder: undefined, caller: undefined },
    ...{ sources: [source('a:1'), source('b:1')], ...change },
  };
}

function upload(change: Partial<TransferCaller>, rest: Partial<Transfer> = {}): Transfer {
  const address = '10.0.0.7:1';
  const shares = { limitShare: 0, networkShare: 0, diskShare: 0 };
  const caller: TransferCaller = {
    address,
    peerId: undefined,
    user: undefined,
    path: 'direct',
    openCalls: 1,
    ...shares,
    ...change,
  };
  return download({ id: '7-u1', direction: 'upload', sources: [], caller, ...rest });
}

const full = { reason: 'LIMIT_REACHED', message: 'peer b:1 serves 4 at once already; place 3' };
const gone = { reason: 'UNREACHABLE', message: 'peer b:1 does not answer' };
const wrong = { reason: 'BYTES_MISMATCH', message: 'piece 3 is \u001b[31mwrong' };

describe('a transfer is explained', () => {
  test.each<[string, Transfer, ProcessLoad | undefined, string[]]>([
    [
      'by nothing that is known',
      download(),
      idle,
      ['No limit of this process bites; all sources together bring 10.0 MB/s.'],
    ],
    [
      'when it has just begun',
      download({ bytesPerSecond: undefined }),
      idle,
      ['It has just begun; ask again in a second.'],
    ],
    [
      'by its limit',
      download({ maxBytesPerSecond: 10.5 * mb }),
      idle,
      ['Your --limit-down of 10.5 MB/s bites: it takes 10.0 MB/s.'],
    ],
    [
      'not by a limit that it is far from',
      download({ maxBytesPerSecond: 20 * mb }),
      idle,
      ['No limit of this process bites; all sources together bring 10.0 MB/s.'],
    ],
    [
      'by all processors',
      download(),
      { processors: 3.9, processorCount: 4, mainThreadShare: 0.3 },
      ['The processors: hashing, decrypting and copying keep all 4 of them busy.'],
    ],
    [
      'by one processor',
      download(),
      { processors: 1.1, processorCount: 4, mainThreadShare: 0.98 },
      ['The processor: hashing, decrypting and copying keep one of them busy all the time.'],
    ],
    [
      'by the disk',
      download(),
      { processors: 0.2, processorCount: 4, mainThreadShare: 0.98 },
      ['Your disk: the process waits for it nearly all the time.'],
    ],
    [
      'by a slow source',
      download({ sources: [source('a:1'), source('b:1', { bytesPerSecond: 200_000, roundTripMs: 150 })] }),
      idle,
      ['b:1 is slow: it brings 200 kB/s, 150 ms away; the fastest source 5.00 MB/s.'],
    ],
    [
      'by a stalled one',
      download({ sources: [source('a:1'), source('b:1', { isStalled: true, bytesPerSecond: 0 })] }),
      idle,
      [
        'Of 2 sources only one brings anything now: a:1 brings 5.00 MB/s. More holders would make it faster.',
        'b:1 brings nothing at the moment: it is asked, and silent.',
      ],
    ],
    [
      'by its only source',
      download({ sources: [source('a:1', { roundTripMs: 80, partial: true })] }),
      undefined,
      [
        'It is the only source, which had only some pieces itself when it was asked first: a:1 brings 5.00 MB/s, 80 ms away. More holders would make it faster.',
      ],
    ],
    [
      'by slots that are full',
      download({ sources: [source('a:1'), source('c:1'), source('b:1', { state: 'resting', failure: full })] }),
      idle,
      ['b:1: its upload slots are full; it is asked again (peer b:1 serves 4 at once already; place 3).'],
    ],
    [
      'by a relay',
      download({ sources: [source('a:1'), source('b:1', { path: 'relayed', roundTripMs: 90 })] }),
      idle,
      ['b:1 cannot be reached directly: its bytes come through a relay.'],
    ],
    [
      'by wrong bytes, printed safely',
      download({ sources: [source('a:1'), source('c:1'), source('b:1', { state: 'dropped', failure: wrong })] }),
      idle,
      ['b:1 is not asked any more: piece 3 is \\u{1b}[31mwrong.'],
    ],
    [
      'while it waits',
      download({ phase: 'waiting', sources: [source('b:1', { state: 'resting', failure: gone })] }),
      idle,
      [
        'Nobody brings anything now; it waits for a holder.',
        'b:1 failed, and is asked again: peer b:1 does not answer.',
      ],
    ],
    [
      'while nobody has it',
      download({ phase: 'waiting', sources: [] }),
      idle,
      ['No holder is left; it waits for one to come.'],
    ],
    [
      'while it hashes',
      download({ phase: 'checking', sources: [] }),
      idle,
      ['It hashes what is on the disk already; nothing is fetched meanwhile.'],
    ],
    [
      'as an upload, by its limit',
      upload({ limitShare: 0.9, networkShare: 0.1 }, { maxBytesPerSecond: 2 * mb }),
      idle,
      ['Your --limit-up of 2.00 MB/s, for all uploads together: it waits for that 90 % of the time.'],
    ],
    [
      'as an upload, by its caller',
      upload({ networkShare: 0.97 }),
      idle,
      [
        'The caller, or the way to it, takes 10.0 MB/s: it is waited for 97 % of the time, and nothing here holds it back.',
      ],
    ],
    ['as an upload, by the disk', upload({ diskShare: 0.8 }), idle, ['Your disk: it waits for that 80 % of the time.']],
    [
      'as an upload whose caller takes its time',
      upload({ diskShare: 0.07, networkShare: 0.03 }),
      idle,
      ['The caller asks for no more than 10.0 MB/s: 90 % of the time it wants nothing.'],
    ],
    [
      'as an upload that nobody fetches now',
      upload({}, { phase: 'idle' }),
      idle,
      ['The caller asks for nothing at the moment.'],
    ],
  ])('%s', (_, transfer, load, reasons) => {
    expect(explainTransfer(transfer, load)).toEqual(reasons);
  });

  test('by no more than five sources of a kind', () => {
    const sources = [
      source('a:1'),
      ...Array.from({ length: 9 }, (_, at) => source(`b:${at}`, { bytesPerSecond: 1_000 })),
    ];
    const reasons = explainTransfer(download({ sources }), idle);
    expect(reasons).toHaveLength(6);
    expect(reasons.at(-1)).toBe('… and 4 more like that.');
  });
});

test('what is to be explained is chosen by id, then by name or by a digest’s beginning; by default all downloads', () => {
  const items = [
    { transfer: download({ id: '1-d1', name: 'one' }) },
    { transfer: download({ id: '2-d1', name: '1-d1', digest: 'cd'.repeat(32) }) },
    { transfer: upload({}, { id: '3-u1', name: 'one' }) },
  ];
  const chosen = (named?: string) => chooseTransfers(items, named).map(({ transfer: { id } }) => id);
  expect(chosen()).toEqual(['1-d1', '2-d1']);
  expect(chosen('1-d1')).toEqual(['1-d1']);
  expect(chosen('one')).toEqual(['1-d1', '3-u1']);
  expect(chosen('CDCDCDCD')).toEqual(['2-d1']);
  expect(chosen('cdcdcdc')).toEqual([]);
  expect(chooseTransfers(items.slice(2), undefined)).toHaveLength(1);
});

test('a board tells of the download that is under way, and counts them', () => {
  let nowMs = 0;
  const board = new DownloadBoard({ pid: 7, nowMs: () => nowMs, clockStartMs: 1_000, rateNow: () => mb });
  expect(board.list()).toEqual([]);
  const progress = {
    ...{ phase: 'downloading' as const, name: 'a', digest: 'ab', sizeBytes: 10, verifiedBytes: 4, resumedBytes: 1 },
    ...{ copiedBytes: 2, receivedBytes: 0, holder: undefined, sources: [] },
  };
  board.update(progress);
  nowMs = 2_000;
  board.update({ ...progress, receivedBytes: 3_000 });
  expect(board.list()).toMatchObject([
    { id: '7-d1', phase: 'transferring', bytesPerSecond: 1_500, maxBytesPerSecond: mb },
  ]);
  nowMs = 4_000;
  // Silence counts.
  expect(board.list()).toMatchObject([{ bytesPerSecond: 750, startTime: new Date(1_000) }]);
  board.update({ ...progress, digest: 'cd', phase: 'waiting' });
  expect(board.list()).toMatchObject([{ id: '7-d2', phase: 'waiting', startTime: new Date(5_000) }]);
});
