import { join } from 'node:path';
import { afterAll, test } from '@jest/globals';
import { fuzzProcess } from '../../../../tests/support/fuzz/fuzz-process.ts';
import { fuzzSettings } from '../../../../tests/support/fuzz/fuzz-settings.ts';
import { requestCases } from '../../../../tests/support/fuzz/request-cases.ts';
import { serviceMethods } from '../../../../tests/support/fuzz/service-methods.ts';
import { startProcess } from '../../../../tests/support/start-process.ts';
import { temporaryFolder } from '../../../../tests/support/temporary-folder.ts';
import { joinIndex } from './index-callers.ts';

const service = 'cardume.index.v1.IndexService';
const script = join(import.meta.dirname, '../support/index-process.ts');
const database = `sqlite:${join(temporaryFolder(), 'index.db')}`;
const options = { listen: '127.0.0.1:0', database, logLevel: 'error', leaseTtlMs: 20_000 };
const child = startProcess(process.execPath, [script, JSON.stringify(options)]);
afterAll(() => child.stop());

// Lease secrets are new each time, so that of the same seed messages with one differ in that.

test(
  'an index in a process of its own lives through any messages, and answers all of them as is documented',
  async () => {
    const settings = fuzzSettings('services/index/test/fuzz/over-http2.fuzz.test.ts', { share: 0.1, atMost: 10_000 });
    const { address } = await child.waitForObject('listening');
    await fuzzProcess({
      settings,
      child,
      address: String(address),
      service,
      async prepare(call) {
        const { known, isHarmless, checkHonest } = await joinIndex(call);
        return { arbitrary: requestCases(serviceMethods(service), known).filter(isHarmless), checkHonest };
      },
    });
  },
  10 * 60_000,
);
