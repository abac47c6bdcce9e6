// Strangers who have an index make handshakes of TLS, or ask it for certificates, as often as they can. Namespaces, since what comes over
// loopback without a certificate is not bounded.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EnrollRequest } from '@cardume/proto/trust/v1';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { describeWith } from '../support/describe-with.ts';
import { memoryOf } from '../support/process-usage.ts';
import type { StartedProcess } from '../support/start-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { ip } from './support/ip.ts';
import { addresses, type Machine } from './support/lab-network.ts';
import { labTool } from './support/lab-tools.ts';
import { type Lab, startLab } from './support/start-lab.ts';

jest.setTimeout(120_000);

const mib = 1024 * 1024;
const floodMs = 8_000;
/** What docs/limits.md says of connections of one place, and of all strangers: at once, and in a second. */
const ofOnePlace = { atOnce: 1_000, perSecond: 200 };
const ofStrangers = { atOnce: 4_000, perSecond: 800 };
/** How many addresses somebody has that has many. */
const manyAddresses = 200;

// Removed after all that runs in it has ended.
const folder = temporaryFolder();
const programs = join(import.meta.dirname, '../../services/peer/test/hostile/support');

describeWith(labTool, 'a stranger who floods an index', () => {
  let lab: Lab;

  function run(machine: Machine, program: string, ...args: string[]): StartedProcess {
    return lab.network.start(machine, process.execPath, [join(programs, program), ...args]);
  }

  /** Somebody honest who calls from a machine, over connections that are there and new ones. */
  async function callFrom(machine: Machine, name: string): Promise<StartedProcess> {
    const calling = run(machine, 'call-honestly.ts', lab.invite, join(folder, name));
    await calling.waitForObject('calling');
    return calling;
  }

  function floodHandshakes(from: readonly string[]): StartedProcess {
    const options = { host: addresses.index, port: 50_051, servername: 'localhost', from, atOnce: 400 };
    return run('open', 'flood-handshakes.ts', JSON.stringify({ ...options, durationMs: floodMs }));
  }

  /** Lets somebody flood the index beside those who call; prints what came of it. */
  async function under(what: string, flood: () => StartedProcess, during?: () => Promise<unknown>) {
    const before = memoryOf(lab.index.pid).nowBytes;
    const calling = await callFrom('left', what);
    const flooding = flood();
    await flooding.waitForObject('flooding');
    await during?.();
    await flooding.waitForEnd();
    const { type: _, ...flooded } = await flooding.waitForObject('flooded');
    calling.kill('SIGTERM');
    const { count, medianMs, longestMs } = await calling.waitForObject('called');
    const grownMib = Math.round((memoryOf(lab.index.pid).peakBytes - before) / mib);
    const told = { attack: what, ...flooded, honest: { count, medianMs, longestMs }, grownMib };
    process.stderr.write(`lab: ${JSON.stringify(told)}\n`);
    expect(lab.index.end).toBeUndefined();
    expect(grownMib).toBeLessThan(400);
    return flooded;
  }

  beforeAll(async () => {
    lab = await startLab(folder);
    const namespace = lab.network.namespace('open');
    for (const address of addressesOf(manyAddresses)) ip('-n', namespace, 'addr', 'add', `${address}/24`, 'dev', 'out');
  }, 120_000);
  afterAll(() => lab?.remove());

  test('from one address gets as many as one may, and keeps nobody else from calling', async () => {
    const { answered, seconds } = await under('handshakes of one address', () => floodHandshakes([addresses.open]));
    expect(answered).toBeLessThanOrEqual(ofOnePlace.atOnce + ofOnePlace.perSecond * (Number(seconds) + 1));
    expect(answered).toBeGreaterThan(0);
  });

  test('from very many gets as many as strangers may, and keeps out nobody who is a member, or becomes one', async () => {
    const { answered, seconds } = await under(
      `handshakes of ${manyAddresses} addresses`,
      () => floodHandshakes(addressesOf(manyAddresses)),
      async () => {
        const startMs = performance.now();
        const newcomer = await callFrom('right', 'newcomer');
        process.stderr.write(`lab: enrolled and called after ${Math.round(performance.now() - startMs)} ms\n`);
        newcomer.kill('SIGTERM');
        await newcomer.waitForObject('called');
      },
    );
    expect(answered).toBeLessThanOrEqual(ofStrangers.atOnce + ofStrangers.perSecond * (Number(seconds) + 1));
    expect(answered).toBeGreaterThan(0);
  });

  test('with requests to enrol is answered as often as strangers of one address are, and keeps nobody from calling', async () => {
    const message = join(folder, 'message');
    writeFileSync(message, EnrollRequest.encode(EnrollRequest.fromPartial({ token: 'none' })).finish());
    const path = '/cardume.trust.v1.EnrollmentService/Enroll';
    const options = JSON.stringify({ path, connections: 4, atOnce: 25, durationMs: floodMs });
    const { statuses, seconds } = await under('enrolments of one address', () =>
      run('open', 'flood-messages.ts', `${addresses.index}:50051`, message, options),
    );
    // UNAUTHENTICATED or RESOURCE_EXHAUSTED: it is soon told to wait for what its tokens are worth.
    const ended = Object.keys(statuses as object).filter((status) => !status.startsWith('reset'));
    expect(ended.sort()).toEqual(['16', '8']);
    expect(seconds).toBeLessThan(floodMs);
  });
});

/** Addresses of the open machine besides its own. */
function addressesOf(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `10.93.0.${at + 10}`);
}
