// The ControlService of real processes' parts: a socket, our client, and what is refused.
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessStatus, Transfer } from '@cardume/client';
import { findProcesses, openControl } from '@cardume/client/control';
import { type ServedControl, serveControl } from '@cardume/peer/control';
import { afterEach, expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';

const base = temporaryFolder();
const folder = join(base, 'run');
const status = (): ProcessStatus => ({ kind: 'get', pid: 7, startTime: new Date(1), index: '', share: undefined });

const served: ServedControl[] = [];
afterEach(() => Promise.all(served.splice(0).map((one) => one.close())));

async function start(transfers: Transfer[]) {
  const one = await serveControl({ folder, source: { status, transfers: () => transfers } });
  served.push(one);
  return openControl(one.path);
}

function transfer(id: string): Transfer {
  return {
    ...{ id, direction: 'download', name: 'a', digest: 'ab'.repeat(32), sizeBytes: 5, phase: 'waiting' },
    ...{ startTime: new Date(2), doneBytes: 1, networkBytes: 2, resumedBytes: 3, copiedBytes: 4 },
    ...{ bytesPerSecond: undefined, maxBytesPerSecond: 1_000, folder: { fileCount: 3, doneCount: 1 } },
    sources: [
      {
        ...{
          peerId: 'p',
          address: '10.0.0.1:5',
          path: 'relayed',
          state: 'resting',
          partial: true,
          bytesPerSecond: 1.5,
        },
        ...{ verifiedBytes: 1, networkBytes: 2, wrongCount: 3, stallCount: 4, isStalled: true, roundTripMs: 1.25 },
        failure: { reason: 'LIMIT_REACHED', message: 'place 3' },
      },
    ],
    caller: undefined,
  };
}

test('what a process says arrives as it was said, over as many pages as it takes', async () => {
  const transfers = Array.from({ length: 250 }, (_, at) => transfer(`7-d${at + 1}`));
  const control = await start(transfers);
  expect(await control.status()).toEqual(status());
  const listed: Transfer[] = [];
  for await (const one of control.transfers()) listed.push(one);
  expect(listed).toEqual(transfers);
  const upload: Transfer = {
    ...transfer('7-u1'),
    ...{
      direction: 'upload',
      phase: 'idle',
      folder: undefined,
      sources: [],
      bytesPerSecond: 0,
      maxBytesPerSecond: undefined,
    },
    caller: {
      ...{ address: '10.0.0.1:5', peerId: 'p', user: 'ana', path: 'direct', openCalls: 2 },
      ...{ limitShare: 0.25, networkShare: 0.5, diskShare: 0.25 },
    },
  };
  transfers.push(upload);
  const { transfer: asked, load } = await control.transfer('7-u1');
  expect(asked).toEqual(upload);
  expect(load).toMatchObject({ processorCount: expect.any(Number), mainThreadShare: expect.any(Number) });
  control.close();
});

test('what is asked for wrongly is refused', async () => {
  const control = await start([transfer('7-d1')]);
  expect(await failureOf(() => control.transfer('7-d2'))).toMatchObject({ reason: 'TRANSFER_UNKNOWN' });
  expect(await failureOf(() => control.transfer(''))).toMatchObject({ reason: 'INVALID_FIELD' });
  expect(await failureOf(() => control.transfer('x'.repeat(65)))).toMatchObject({ reason: 'INVALID_FIELD' });
  control.close();
});

test('each process has a socket for its user alone, which goes with it', async () => {
  const control = await start([]);
  const [name = ''] = readdirSync(folder);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  const { processes, problems } = await findProcesses(folder);
  expect([processes.map((one) => one.status.pid), problems]).toEqual([[7], []]);
  for (const one of processes) one.control.close();
  control.close();
  await served.pop()?.close();
  expect(readdirSync(folder)).toEqual([]);
});

test('no socket is made where others may look in, or where its path is too long', async () => {
  const open = join(base, 'open');
  mkdirSync(open, { mode: 0o755 });
  const source = { status, transfers: () => [] };
  expect(await failureOf(() => serveControl({ folder: open, source }))).toMatchObject({ reason: 'NOT_ALLOWED' });
  const long = join(base, 'x'.repeat(100));
  expect(await failureOf(() => serveControl({ folder: long, source }))).toMatchObject({ reason: 'LOCAL_IO_FAILED' });
  const file = join(base, 'file');
  writeFileSync(file, '');
  await expect(serveControl({ folder: file, source })).rejects.toThrow();
});
