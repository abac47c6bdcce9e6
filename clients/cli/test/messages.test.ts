import { type DownloadProgress, type DownloadResult, type Hit, isErrorReason, statusOfReason } from '@cardume/client';
import { describe, expect, test } from '@jest/globals';
import { textWidth } from '../src/adapters/text-width.ts';
import { exitCodeOf } from '../src/core/exit-code.ts';
import { nextStep } from '../src/core/next-step.ts';
import { doneText, progressNotes } from '../src/core/text/download-text.ts';
import { hitTable } from '../src/core/text/hit-table.ts';
import { peerEventText } from '../src/core/text/peer-event-text.ts';
import { peerTable } from '../src/core/text/peer-table.ts';

const layout = { columns: undefined, widthOf: textWidth };
const digest = 'ab'.repeat(32);
const holder = {
  peerId: digest,
  host: '::1',
  port: 4001,
  renewalAgeMs: 1,
  partial: false,
  reachable: true,
  reportCount: 0,
  restricted: false,
};
const hit: Hit = {
  name: 'docs/a.txt',
  sizeBytes: 1500,
  digest,
  modifyTime: new Date('2026-02-28T10:00:00Z'),
  holders: [holder],
  holderCount: 3,
};

describe('exit codes', () => {
  test('are those of the help text for every reason', () => {
    const reasons = Object.keys(statusOfReason).filter(isErrorReason);
    const byCode = Object.groupBy(reasons, (reason) => exitCodeOf(reason));
    expect(byCode[2]).toEqual(['INVALID_FIELD', 'PAGE_TOKEN_INVALID']);
    expect(byCode[3]).toEqual(['LEASE_UNKNOWN', 'FILE_NOT_SHARED', 'TRANSFER_UNKNOWN']);
    expect(byCode[4]).toEqual(['LEASE_SECRET_WRONG', 'NOT_ALLOWED', 'OFFER_REFUSED']);
    expect(byCode[130]).toEqual(['CANCELLED']);
    expect(Object.keys(byCode)).toEqual(['1', '2', '3', '4', '130']);
  });

  test('of an index that is not there come with how to start one', () => {
    expect(nextStep({ reason: 'UNREACHABLE' }, true)).toMatch(/cardume index/);
    expect(nextStep({ reason: 'UNREACHABLE' }, false)).not.toMatch(/--index/);
    expect(nextStep({ reason: 'AMBIGUOUS' }, true)).toBeUndefined();
    expect(nextStep({ reason: 'DISK_FULL' }, true)).toMatch(/is kept/);
    expect(nextStep({ reason: 'DISK_FULL' }, true, true)).toMatch(/TMPDIR/);
  });
});

describe('a table of hits', () => {
  test('says name, size, day, digest, holders and where', () => {
    expect(hitTable([hit], layout)).toEqual([
      'NAME           SIZE  MODIFIED    DIGEST        HOLDERS  WHERE',
      'docs/a.txt  1.50 kB  2026-02-28  abababababab        3  [::1]:4001 +2',
    ]);
  });

  test('prints nothing raw that an index made up', () => {
    const hostile = { ...hit, name: 'a\u001b[2J\nb\u202e', modifyTime: new Date(Number.NaN), holders: [] };
    const [, line] = hitTable([hostile], layout);
    expect(line).toBe('a\\u{1b}[2J\\u{a}b\\u{202e}  1.50 kB  -         abababababab        3  -');
  });
});

test('a table of peers says who, where, what and since when', () => {
  const peer = {
    ...holder,
    shareName: 'mine\u0007',
    fileCount: 1200,
    folderCount: 2,
    totalSizeBytes: 5e9,
    joinTime: undefined,
    renewalAgeMs: 2_300,
    reachable: false,
    tags: [],
    takesOffers: false,
  };
  expect(peerTable([peer], layout)).toEqual([
    'PEER          ADDRESS     SHARE      FILES     SIZE       SEEN  REACHABLE',
    'abababababab  [::1]:4001  mine\\u{7}  1,200  5.00 GB  2.3 s ago  no',
  ]);
  const [header, ...lines] = peerTable([{ ...peer, reportCount: 3 }, peer], layout);
  expect(header).toMatch(/REACHABLE {2}REPORTS$/);
  expect(lines.map((line) => line.slice(-1))).toEqual(['3', '0']);
  const [withTags, ...rows] = peerTable([{ ...peer, tags: ['render', 'gpu'], takesOffers: true }, peer], layout);
  expect(withTags).toMatch(/REACHABLE {2}TAKES {2}TAGS$/);
  expect(rows[0]).toMatch(/no {9}yes {4}render,gpu$/);
});

describe('a finished download', () => {
  const result: DownloadResult = {
    path: '/x/a.txt',
    name: 'a.txt',
    digest,
    sizeBytes: 100_000_000,
    alreadyPresent: false,
    resumedBytes: 0,
    copiedBytes: 0,
    receivedBytes: 100_000_000,
    durationMs: 2_000,
    sources: [
      { peerId: digest, address: { host: 'h', port: 1 }, verifiedBytes: 100_000_000, failure: undefined },
      { peerId: digest, address: { host: 'bad', port: 2 }, verifiedBytes: 0, failure: 'gone' },
    ],
  };

  test('is told with size, time, rate and who gave it', () => {
    expect(doneText(result)).toBe('a.txt: 100 MB in 2 s, 50.0 MB/s, verified, from h:1');
  });

  test('that went on from an earlier run says how much was there', () => {
    const resumed = { ...result, resumedBytes: 60_000_000, receivedBytes: 40_000_000 };
    expect(doneText(resumed)).toMatch(/^a\.txt: 100 MB \(60\.0 MB of it from before\) in 2 s, 20\.0 MB\/s/);
  });

  test('of a file that was on this machine, in whole or in part, says how much was', () => {
    const copied = { ...result, copiedBytes: 60_000_000, receivedBytes: 40_000_000 };
    expect(doneText(copied)).toMatch(/^a\.txt: 100 MB \(60\.0 MB of it copied from this machine\) in 2 s, 20\.0 MB\/s/);
    const all = { ...result, copiedBytes: 100_000_000, receivedBytes: 0, sources: [] };
    expect(doneText(all)).toBe('a.txt: 100 MB (copied from this machine) in 2 s, verified');
  });

  test('of a file that was there says so', () => {
    expect(doneText({ ...result, alreadyPresent: true })).toBe('a.txt: 100 MB, was there already, verified');
  });
});

describe('a download that waits for its turn', () => {
  const source = {
    ...{ peerId: digest, address: { host: 'h', port: 1 }, partial: false, verifiedBytes: 0, receivedBytes: 0 },
    ...{
      path: 'direct' as const,
      roundTripMs: undefined,
      stalls: 0,
      isStalled: false,
      wrongCount: 0,
      failure: undefined,
    },
  } as const;
  const waiting = { ...source, state: 'resting', bytesPerSecond: undefined, queuePosition: 3 } as const;
  const progress: DownloadProgress = {
    phase: 'waiting',
    name: 'a.txt',
    digest,
    sizeBytes: 100,
    verifiedBytes: 0,
    resumedBytes: 0,
    copiedBytes: 0,
    receivedBytes: 0,
    holder: undefined,
    sources: [waiting],
  };

  test('says where, and which place it has', () => {
    expect(progressNotes(progress)).toEqual(['waiting at h:1, place 3']);
    expect(progressNotes({ ...progress, phase: 'downloading' })).toEqual(['waiting at h:1, place 3']);
    const nearer = { ...waiting, address: { host: 'near\u0007', port: 2 }, queuePosition: 2 };
    expect(progressNotes({ ...progress, sources: [waiting, nearer] })).toEqual([
      'waiting at near\\u{7}:2, place 2, and at 1 more',
    ]);
    expect(progressNotes({ ...progress, sources: [] })).toEqual(['no holder answers now, waiting for one']);
  });

  test('says so also while others bring bytes', () => {
    const bringing = { ...source, address: { host: 'fast', port: 3 }, state: 'asked', bytesPerSecond: 5 } as const;
    const { address: from } = bringing;
    expect(progressNotes({ ...progress, phase: 'downloading', holder: from, sources: [waiting, bringing] })).toEqual([
      'from fast:3',
      'waiting at h:1, place 3',
    ]);
  });
});

test('a peer that cannot be dialled is told how to be', () => {
  const event = { type: 'joined', peerId: digest, address: holder, reachable: false, fileCount: 1 } as const;
  expect(peerEventText(event)).toMatch(/with 1 file\.\nThe index cannot dial that address.*--advertise/);
  expect(peerEventText({ ...event, reachable: true })).not.toMatch(/--advertise/);
});
