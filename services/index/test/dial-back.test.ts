// Where an index dials for those who join, seen from the machines that it dials.
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { describeWith } from '../../../tests/support/describe-with.ts';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { runCommand } from '../../../tests/support/run-command.ts';
import { scrape } from '../../../tests/support/scrape.ts';
import { type StartedProcess, startProcess } from '../../../tests/support/start-process.ts';
import { createTwoMachines, namespaces } from '../../../tests/support/two-machines.ts';
import { createDialBack } from '../src/adapters/dial-back.ts';
import { joinInput, peerIdOf } from './support/listed.ts';
import { startStubPeer } from './support/stub-peer.ts';
import { startTestIndex } from './support/test-index.ts';

const processes: StartedProcess[] = [];
afterEach(async () => {
  await Promise.all(processes.splice(0).map((started) => started.stop()));
});

const script = (name: string): string => join(import.meta.dirname, 'support', name);

test('a name is dialled at the addresses that were checked, and looked up no more', async () => {
  await using peer = await startStubPeer(peerIdOf('a'));
  const { signal } = new AbortController();
  const dialBack = createDialBack();
  const named = { host: 'no-such-name.invalid', port: peer.address.port };
  expect(await dialBack.askPeerId(named, ['127.0.0.1'], signal)).toBe(peerIdOf('a'));
  expect(await dialBack.askPeerId(named, ['::1', '127.0.0.1'], signal)).toBe(peerIdOf('a'));
  expect((await failureOf(() => dialBack.askPeerId(named, ['127.0.0.2'], signal))).reason).toBe('UNREACHABLE');
  await expect(dialBack.resolve(named.host, signal)).rejects.toMatchObject({ code: 'ENOTFOUND' });
  expect(await dialBack.resolve('127.0.0.1', signal)).toEqual(['127.0.0.1']);
});

test('who says that he is at port after port soon has none of them dialled, and joins all the same', async () => {
  await using cardume = await startTestIndex({ metrics: '0' });
  await using peer = await startStubPeer(peerIdOf('honest'));
  const { index, server } = cardume;
  // Who answers as itself may join again and again.
  const honest = { peerId: peerIdOf('honest'), ...peer.address };
  let secret = {};
  for (let join = 0; join < 100; join += 1) {
    const lease = await index.join(joinInput([], { ...honest, ...secret }));
    expect(lease.reachable).toBe(true);
    secret = { leaseSecret: lease.leaseSecret };
  }
  for (let port = 1; port <= 100; port += 1) {
    expect((await index.join(joinInput([], { peerId: peerIdOf(`${port}`), port }))).reachable).toBe(false);
  }
  const found = await scrape(server.metricsAddress);
  const count = (outcome: string) => found.get(`cardume_index_dial_backs_total{outcome="${outcome}"}`) ?? 0;
  expect(count('reached')).toBe(100);
  expect(count('failed') + count('skipped')).toBe(100);
  // Some came back while it went on.
  expect(count('failed')).toBeGreaterThanOrEqual(60);
  expect(count('skipped')).toBeGreaterThan(0);
  expect((await index.stats()).peerCount).toBe(101);
});

test('an operator says in which networks peers are', async () => {
  await using cardume = await startTestIndex({ peerNetworks: ['127.0.0.2/32'] });
  const { index } = cardume;
  const refused = await failureOf(() => index.join(joinInput([])));
  expect(refused).toMatchObject({ reason: 'INVALID_FIELD', metadata: { field: 'host' } });
  expect(refused.message).toContain('--peer-networks');
  const { host, ...nowhere } = joinInput([]);
  expect([host, (await failureOf(() => index.join(nowhere))).reason]).toEqual(['127.0.0.1', 'INVALID_FIELD']);
  expect((await index.join(joinInput([], { host: '127.0.0.2' }))).host).toBe('127.0.0.2');
});

describeWith(namespaces, 'an index on another machine', () => {
  /** Joins from the machine of the caller; what came of each join, by what it said. */
  const run = async (seen: 'world' | 'site', claims: (ports: readonly number[]) => string[]) => {
    const [own, calls] = seen === 'world' ? ['9.9.9.1', '9.9.9.2'] : ['10.9.9.1', '10.9.9.2'];
    const addresses = { index: [`${own}/24`, '10.77.0.1/24'], caller: [`${calls}/24`, '10.77.0.2/24'] };
    using machines = createTwoMachines(addresses, { 'inner.test': '10.77.0.1', 'self.test': '127.0.0.1' });
    const start = (...command: string[]): StartedProcess => {
      const [ip, ...args] = machines.on('index', process.execPath, ...command);
      const started = startProcess(ip, args);
      processes.push(started);
      return started;
    };
    const victim = start(script('count-connections.ts'), '127.0.0.1', '10.77.0.1');
    const { ports } = await victim.waitForObject('listening');
    const options = { listen: `${own}:0`, insecure: true, logLevel: 'warn' };
    const { address } = await start(script('index-process.ts'), JSON.stringify(options)).waitForObject('listening');
    const said = claims(ports as number[]);
    const [ip, ...args] = machines.on('caller', process.execPath, script('join-as.ts'), String(address), ...said);
    const { stdout } = await runCommand(ip, args);
    const answers = stdout
      .trim()
      .split('\n')
      .map((line): Record<string, unknown> => JSON.parse(line));
    const connections = victim.stdout.split('\n').filter((line) => line.includes('"connection"')).length;
    await Promise.all(processes.splice(0).map((started) => started.stop()));
    return { answers, connections };
  };

  test('a member in another network than the machine of the index cannot have it dial there', async () => {
    const { answers, connections } = await run('world', ([loopback, inner]) => [
      `127.0.0.1:${loopback}`,
      `::ffff:127.0.0.1:${loopback}`,
      `0x7f.1:${loopback}`,
      `localhost:${loopback}`,
      `10.77.0.1:${inner}`,
      `169.254.169.254:80`,
      `inner.test:${inner}`,
      `self.test:${loopback}`,
      `:${inner}`,
    ]);
    const refused = { reason: 'INVALID_FIELD', message: expect.stringContaining('--advertise') };
    expect(answers).toMatchObject([
      ...Array.from({ length: 6 }, () => refused),
      { listed: 'inner.test', reachable: false },
      { listed: 'self.test', reachable: false },
      { listed: '9.9.9.2', reachable: false },
    ]);
    expect(answers[0]?.message).toContain('you call from 9.9.9.2, which is of the internet');
    expect(connections).toBe(0);
  });

  test('a member in its private network may be there, as containers are', async () => {
    const { answers, connections } = await run('site', ([loopback, inner]) => [
      `127.0.0.1:${loopback}`,
      `10.77.0.1:${inner}`,
      `inner.test:${inner}`,
    ]);
    expect(answers).toMatchObject([{ reason: 'INVALID_FIELD' }, { listed: '10.77.0.1' }, { listed: 'inner.test' }]);
    // Somebody is there, and is nobody's peer.
    expect(connections).toBe(2);
  });
});
