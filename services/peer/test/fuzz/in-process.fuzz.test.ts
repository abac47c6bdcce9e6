import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { fuzzSettings } from '../../../../tests/support/fuzz/fuzz-settings.ts';
import { heapBytes } from '../../../../tests/support/fuzz/heap-bytes.ts';
import { requestCases } from '../../../../tests/support/fuzz/request-cases.ts';
import { runCases } from '../../../../tests/support/fuzz/run-cases.ts';
import { serviceMethods } from '../../../../tests/support/fuzz/service-methods.ts';
import { descriptorsOf } from '../../../../tests/support/process-usage.ts';
import { temporaryFolder } from '../../../../tests/support/temporary-folder.ts';
import { until } from '../../../../tests/support/until.ts';
import { checkHonest, requestsLike, writeHalfFile, writeInbox, writeSharedFiles } from './peer-callers.ts';
import { openPeerInProcess } from './peer-in-process.ts';

const file = 'services/peer/test/fuzz/in-process.fuzz.test.ts';
const folder = realpathSync(temporaryFolder());
/** With so many, each method is served some time. */
const enoughCases = 5_000;
/** What the heap may grow by from the first thousands of cases to the last. */
const maxHeapGrowthBytes = 64 * 1024 * 1024;

test(
  'no message of the TransferService makes a peer fail, stop serving who is honest, or hold on to anything',
  async () => {
    const methods = serviceMethods('cardume.transfer.v1.TransferService');
    const settings = fuzzSettings(file, { share: 0.65 });
    const shared = join(folder, 'shared');
    mkdirSync(shared);
    writeSharedFiles(shared);
    const part = writeHalfFile(join(folder, 'half.cardume-part'));
    const inbox = join(folder, 'inbox');
    writeInbox(inbox);
    const peer = await openPeerInProcess(shared, [part], inbox);
    try {
      const known = await requestsLike(peer.call, [part.digest]);
      let first: { heapBytes: number; descriptors: number } | undefined;
      const served = await runCases({
        ...settings,
        arbitrary: requestCases(methods, known),
        call: peer.call,
        callsAtOnce: 16,
        checkEvery: 5_000,
        async checkMeanwhile() {
          await checkHonest(peer.call);
          expect(peer.open()).toEqual({ calls: 0, held: 0, downloads: 0, manifests: 0, watchers: 0, offers: 0 });
          first ??= { heapBytes: heapBytes(), descriptors: descriptorsOf(process.pid) };
          const { descriptors } = first;
          await until('what nobody gives to be given up', () => descriptorsOf(process.pid) <= descriptors);
        },
      });
      if (settings.cases >= enoughCases) expect(served).toEqual(new Set(methods.map(({ name }) => name)));
      const grownBytes = heapBytes() - (first?.heapBytes ?? 0);
      process.stderr.write(`fuzz: the heap grew by ${(grownBytes / 2 ** 20).toFixed(1)} MiB\n`);
      expect(grownBytes).toBeLessThan(maxHeapGrowthBytes);
    } finally {
      await peer.close();
    }
  },
  30 * 60_000,
);
