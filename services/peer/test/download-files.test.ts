import { appendFileSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CardumeError, DigestBuilder, formatAddress, type PeerClient, usualPieceLength } from '@cardume/client';
import { type DownloadFilesResponse, TransferServiceDefinition } from '@cardume/proto/transfer/v1';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { createChannel, createClient } from 'nice-grpc';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { until } from '../../../tests/support/until.ts';
import { patterned, type TestPeer, usePeers, writeFiles } from './support/start-test-peer.ts';

const folder = temporaryFolder();
const share = join(folder, 'share');
const mib = 1024 * 1024;
// Around the bounds of a varint, of a parcel, and of how many files one has.
const sizes = [0, 1, 127, 128, 16_383, 16_384, 300_000, mib - 300, mib - 1, mib, mib + 1, 3 * mib + 7];
const contents = new Map<string, Buffer>([
  ...sizes.map((size): [string, Buffer] => [`${size}.bin`, patterned(size)]),
  ...Array.from({ length: 200 }, (_, at): [string, Buffer] => [
    `many/${at}`,
    Buffer.from(`file ${at} `.repeat(at + 1)),
  ]),
]);
const absent = 'a'.repeat(64);

const startPeer = usePeers();
let running: TestPeer;
let client: PeerClient;

beforeAll(async () => {
  writeFiles(share, Object.fromEntries(contents));
  running = await startPeer({ paths: [share], stateFolder: join(folder, 'state') });
  client = running.client;
});

function digestOf(bytes: Buffer): string {
  const builder = new DigestBuilder(usualPieceLength(bytes.length));
  builder.update(bytes);
  return builder.finish().digest;
}

type Came = { name: string; bytes: Buffer } | { digest: string; reason: string };

/** What comes, by our own client. */
async function get(digests: readonly string[]): Promise<Came[]> {
  const came: Came[] = [];
  const parts: Buffer[][] = [];
  const call = client.receiveFiles(digests, {
    onFile({ name }) {
      came.push({ name, bytes: Buffer.alloc(0) });
      parts[came.length - 1] = [];
    },
    onBytes: (bytes) => void parts[came.length - 1]?.push(Buffer.from(bytes)),
    onFailure: (digest, { reason }) => void came.push({ digest, reason }),
  });
  await call.ended;
  return came.map((each, at) => ('name' in each ? { ...each, bytes: Buffer.concat(parts[at] ?? []) } : each));
}

/** What comes, by the generated code. */
async function getMessages(digests: string[]): Promise<DownloadFilesResponse[]> {
  const channel = createChannel(formatAddress(running.peer.address));
  try {
    const messages: DownloadFilesResponse[] = [];
    for await (const message of createClient(TransferServiceDefinition, channel).downloadFiles({ digests })) {
      messages.push(message);
    }
    return messages;
  } finally {
    channel.close();
  }
}

const all = [...contents].map(([name, bytes]) => ({ name, bytes, digest: digestOf(bytes) }));

describe('several files', () => {
  test('come whole and in the order asked for, whatever their sizes', async () => {
    for (const files of [all, all.toReversed()]) {
      const came = await get(files.map(({ digest }) => digest));
      expect(came.length).toBe(files.length);
      for (const [at, { name, bytes }] of files.entries()) {
        const each = came[at];
        expect(each).toMatchObject({ name });
        expect(each !== undefined && 'bytes' in each && each.bytes.equals(bytes)).toBe(true);
      }
    }
  });

  test('are what the generated code reads, too: each description, then its chunks', async () => {
    const messages = await getMessages(all.map(({ digest }) => digest));
    let at = -1;
    let left = 0;
    for (const { payload } of messages) {
      if (payload?.$case === 'file') {
        expect(left).toBe(0);
        at += 1;
        expect(payload.value).toMatchObject({ name: all[at]?.name, digest: all[at]?.digest });
        left = payload.value.sizeBytes;
      } else {
        expect(payload?.$case).toBe('chunk');
        const length = payload?.$case === 'chunk' ? payload.value.length : 0;
        expect(length).toBeGreaterThan(0);
        expect(length).toBeLessThanOrEqual(mib);
        left -= length;
      }
    }
    expect([at, left]).toEqual([all.length - 1, 0]);
  });

  test('that are not shared are failures in their places, and the rest comes', async () => {
    const [first, second] = all.slice(2);
    const came = await get([absent, first?.digest ?? '', absent, second?.digest ?? '', absent]);
    const failure = { digest: absent, reason: 'FILE_NOT_SHARED' };
    expect(came).toMatchObject([failure, { name: first?.name }, failure, { name: second?.name }, failure]);
    expect(came[1]).toMatchObject({ bytes: first?.bytes });
    expect(await get([absent])).toEqual([failure]);
  });

  test('may be the same one', async () => {
    const { digest = '', bytes } = all[4] ?? {};
    const came = await get([digest, digest, digest]);
    expect(came.map((each) => 'bytes' in each && each.bytes.equals(bytes ?? Buffer.alloc(0)))).toEqual([
      true,
      true,
      true,
    ]);
  });

  test('are 1 to 1,000 digests', async () => {
    for (const digests of [[], Array<string>(1_001).fill(absent), ['x'], [absent, 'A'.repeat(64)]]) {
      const error = await failureOf(() => get(digests));
      expect(error).toMatchObject({ reason: 'INVALID_FIELD' });
      expect(error.fieldViolations[0]?.field).toMatch(/^digests/);
    }
    expect((await get(Array<string>(1_000).fill(absent))).length).toBe(1_000);
  });
});

test('a file that changed since it was hashed is a failure, of whatever size', async () => {
  const own = join(folder, 'own');
  writeFiles(own, { kept: 'kept', small: 'small', long: patterned(2 * mib), gone: 'gone' });
  const peer = await startPeer({ paths: [own], stateFolder: join(folder, 'own-state'), rescanIntervalMs: 600_000 });
  const digests = [Buffer.from('small'), patterned(2 * mib), Buffer.from('gone'), Buffer.from('kept')].map(digestOf);
  appendFileSync(join(own, 'small'), 'x');
  appendFileSync(join(own, 'long'), 'x');
  rmSync(join(own, 'gone'));
  const reasons: string[] = [];
  const names: string[] = [];
  await peer.client.receiveFiles(digests, {
    onFile: ({ name }) => void names.push(name),
    onBytes: () => undefined,
    onFailure: (_, { reason }) => void reasons.push(reason),
  }).ended;
  // A watcher may have seen the change already; then nobody shares it any more.
  expect(reasons.every((reason) => reason === 'FILE_CHANGED' || reason === 'FILE_NOT_SHARED')).toBe(true);
  expect([reasons.length, names]).toEqual([3, ['kept']]);
});

test('a caller that goes away in the middle leaves no file open', async () => {
  const digests = Array.from({ length: 5 }, () => all.map(({ digest }) => digest))
    .flat()
    .slice(0, 1_000);
  for (let turn = 0; turn < 20; turn++) {
    const call = client.receiveFiles(digests, {
      onFile: () => undefined,
      onBytes: () => call.cancel(new CardumeError('CANCELLED', 'enough')),
      onFailure: () => undefined,
    });
    expect(await failureOf(() => call.ended)).toMatchObject({ reason: 'CANCELLED' });
  }
  await until('the files to be closed', async () => {
    const open = readdirSync('/proc/self/fd').flatMap((descriptor) => {
      try {
        return [readlinkSync(join('/proc/self/fd', descriptor))];
      } catch {
        // Closed since it was listed.
        return [];
      }
    });
    return !open.some((path) => path.startsWith(share));
  });
});
