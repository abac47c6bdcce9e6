import { join } from 'node:path';
import { afterAll, test } from '@jest/globals';
import { fuzzProcess } from '../../../../tests/support/fuzz/fuzz-process.ts';
import { fuzzSettings } from '../../../../tests/support/fuzz/fuzz-settings.ts';
import { requestCases } from '../../../../tests/support/fuzz/request-cases.ts';
import { serviceMethods } from '../../../../tests/support/fuzz/service-methods.ts';
import { startProcess } from '../../../../tests/support/start-process.ts';
import { temporaryFolder } from '../../../../tests/support/temporary-folder.ts';
import { checkHonest, inboxRules, requestsLike, writeInbox, writeSharedFiles } from './peer-callers.ts';

const service = 'cardume.transfer.v1.TransferService';
const script = join(import.meta.dirname, '../support/serve-peer.ts');
const [shared, inbox] = [join(temporaryFolder(), 'shared'), join(temporaryFolder(), 'inbox')];
writeSharedFiles(shared);
writeInbox(inbox);
const options = {
  paths: [shared],
  logLevel: 'fatal',
  // Nobody gives what is offered here; what waits for that holds descriptors.
  inbox: { folder: inbox, otherwise: 'accept', waitMs: 300, ...inboxRules },
};
// With nothing to say of the index, which is away, as that is no failure of the peer.
const child = startProcess(process.execPath, [script, JSON.stringify(options)]);
afterAll(() => child.stop());

test(
  'a peer in a process of its own lives through any messages, and answers all of them as is documented',
  async () => {
    const settings = fuzzSettings('services/peer/test/fuzz/over-http2.fuzz.test.ts', { share: 0.1, atMost: 10_000 });
    const { host, port } = await child.waitForObject('serving');
    await fuzzProcess({
      settings,
      child,
      address: `${host}:${port}`,
      service,
      async prepare(call) {
        const known = await requestsLike(call, []);
        return { arbitrary: requestCases(serviceMethods(service), known), checkHonest: () => checkHonest(call) };
      },
    });
  },
  10 * 60_000,
);
