import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { fuzzSettings } from '../../../../tests/support/fuzz/fuzz-settings.ts';
import { heapBytes } from '../../../../tests/support/fuzz/heap-bytes.ts';
import { requestCases } from '../../../../tests/support/fuzz/request-cases.ts';
import { runCases } from '../../../../tests/support/fuzz/run-cases.ts';
import { serviceMethods } from '../../../../tests/support/fuzz/service-methods.ts';
import { temporaryFolder } from '../../../../tests/support/temporary-folder.ts';
import { joinIndex } from './index-callers.ts';
import { openIndexInProcess } from './index-in-process.ts';

const file = 'services/index/test/fuzz/in-process.fuzz.test.ts';
const folder = temporaryFolder();
/** Who is honest renews now and then, however long that takes on a busy machine. */
const leaseTtlMs = 600_000;
/** With so many, each method is served some time. */
const enoughCases = 5_000;
/** What the heap may grow by from the first thousands of cases to the last. */
const maxHeapGrowthBytes = 64 * 1024 * 1024;

test(
  'no message of the IndexService makes an index fail, forget who is honest, or hold on to anything',
  async () => {
    const methods = serviceMethods('cardume.index.v1.IndexService');
    const settings = fuzzSettings(file, { share: 0.35 });
    const index = await openIndexInProcess(join(folder, 'index.db'), leaseTtlMs);
    try {
      const { known, isHarmless, checkHonest } = await joinIndex(index.call);
      const arbitrary = requestCases(methods, known).filter(isHarmless);
      let firstHeapBytes: number | undefined;
      const served = await runCases({
        ...settings,
        arbitrary,
        call: index.call,
        callsAtOnce: 16,
        checkEvery: 5_000,
        async checkMeanwhile() {
          await checkHonest();
          expect(index.open()).toEqual({ calls: 0, held: 0, watchers: 0 });
          firstHeapBytes ??= heapBytes();
        },
      });
      if (settings.cases >= enoughCases) expect(served).toEqual(new Set(methods.map(({ name }) => name)));
      const grownBytes = heapBytes() - (firstHeapBytes ?? 0);
      process.stderr.write(`fuzz: the heap grew by ${(grownBytes / 2 ** 20).toFixed(1)} MiB\n`);
      expect(grownBytes).toBeLessThan(maxHeapGrowthBytes);
    } finally {
      await index.close();
    }
  },
  30 * 60_000,
);
