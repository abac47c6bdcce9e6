// docker-compose.yml on a real engine: the tests follow one another, from `up` to `down`.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openIndex, parseAddress } from '@cardume/client';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { describeWith } from '../support/describe-with.ts';
import { failureOf } from '../support/failure-of.ts';
import { runCommand } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';
import { composeProject, composeTool, docker } from './support/compose-project.ts';

const repository = join(import.meta.dirname, '../..');
const services = ['index', 'peer-a', 'peer-b', 'peer-c'];
/** Two peers share it, under names of their own. */
const sharedTwice = 'cardume/errors/v1/error_reason.proto';
const healthCheck = 'services/kit/src/health-check.ts';

jest.setTimeout(120_000);

describeWith(composeTool, 'an index and three peers in containers', () => {
  const project = composeProject();
  const folder = temporaryFolder();

  beforeAll(() => project.compose('up', '--build', '--detach'), 400_000);
  afterAll(() => project.remove(), 120_000);

  interface Hit {
    name: string;
    digest: string;
    holders: { host: string }[];
  }

  async function search(...args: string[]): Promise<Hit[]> {
    const { code, stdout, stderr } = await project.cardume('search', ...args, '--json');
    if (code !== 0 && code !== 3) throw new Error(`search ended with ${code}: ${stderr}`);
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line): Hit => JSON.parse(line));
  }

  const authoritiesOfIndex = async (): Promise<string> =>
    `${await project.compose('exec', '-T', 'index', 'cat', '/state/cardume/authority/authorities.pem')}\n`;

  const holdersOf = (hits: readonly Hit[]): string[] =>
    [...new Set(hits.flatMap(({ holders }) => holders.map(({ host }) => host)))].sort();

  const untilHealthy = (service: string): Promise<boolean> =>
    until(
      `${service} to be healthy`,
      async () => (await project.inspect(service, '{{.State.Health.Status}}')) === 'healthy',
      90_000,
    );

  test.each(services)('%s becomes healthy, as gRPC says', async (service) => {
    await untilHealthy(service);
  });

  test('the index can be reached from this machine, and only from it', async () => {
    const published = await project.compose('port', 'index', '50051');
    expect(published).toMatch(/^127\.0\.0\.1:\d+$/);
    const authorities = join(folder, 'authorities.pem');
    writeFileSync(authorities, await authoritiesOfIndex());
    const args = [
      join(repository, healthCheck),
      published.replace('127.0.0.1', 'localhost'),
      '--authorities',
      authorities,
    ];
    expect(await runCommand(process.execPath, args)).toMatchObject({ code: 0, stderr: '' });
  });

  test('a caller in plaintext, and one without a certificate of the network, is refused', async () => {
    const address = parseAddress(await project.compose('port', 'index', '50051'), 'the published port');
    const authority = await authoritiesOfIndex();
    const plain = openIndex(address);
    const nameless = openIndex({ ...address, host: 'localhost' }, { tls: () => ({ authority }) });
    try {
      expect(await failureOf(() => plain.stats())).toMatchObject({ reason: 'UNREACHABLE' });
      expect(await failureOf(() => nameless.stats())).toMatchObject({ reason: 'CERTIFICATE_REFUSED' });
    } finally {
      plain.close();
      nameless.close();
    }
    // It is healthy by its own certificate, as the first tests say.
    const askPeer = project.inContainer('node', `/app/${healthCheck}`, 'peer-a:50061');
    await expect(askPeer).rejects.toThrow('server peer-a:50061: No connection established');
  });

  test('the key of the authority is where the index alone has it, and peers may read the invite only', async () => {
    const mountsOf = async (service: string): Promise<string[]> => {
      const mounts = await project.inspect(service, '{{range .Mounts}}{{.Name}} {{.Destination}} {{.RW}}\n{{end}}');
      return mounts.split('\n').filter((line) => line.startsWith(project.name));
    };
    expect((await mountsOf('index')).sort()).toEqual([
      `${project.name}_index-state /state true`,
      `${project.name}_invite /invite true`,
    ]);
    for (const peer of services.slice(1)) {
      expect((await mountsOf(peer)).sort()).toEqual([
        `${project.name}_invite /invite false`,
        `${project.name}_${peer}-state /state true`,
      ]);
    }
    const command = await project.compose('exec', '-T', 'index', 'stat', '--format', '%a %U', '/invite/invite');
    expect(command).toBe('600 node');
  });

  test('the image runs as a user without privileges, and adds little to its base', async () => {
    const image = await project.inspect('index', '{{.Image}}');
    expect(await docker('inspect', '--format', '{{.Config.User}}', image)).toBe('node');
    expect(await project.inContainer('id', '-u')).not.toBe('0');
    const sizeOf = async (name: string): Promise<number> =>
      Number(await docker('image', 'inspect', '--format', '{{.Size}}', name)) / 1e6;
    const [size, base] = await Promise.all([sizeOf(image), sizeOf('node:24-bookworm-slim')]);
    console.info(`image: ${size.toFixed(0)} MB, of which its base is ${base.toFixed(0)} MB`);
    expect(size - base).toBeLessThan(60);
    const packages = await project.inContainer('ls', '/app/node_modules');
    for (const tool of ['typescript', 'jest', '@biomejs', 'ts-proto'])
      expect(packages.split(/\s+/)).not.toContain(tool);
  });

  test('a search from another container finds what several peers share', async () => {
    const hits = await until('all peers to have joined', async () => {
      const found = await search('error_reason', '--ext', 'proto');
      return holdersOf(found).length === 2 ? found : undefined;
    });
    expect(hits.map(({ name }) => name).sort()).toEqual([sharedTwice, `proto/${sharedTwice}`]);
    expect(holdersOf(hits)).toEqual(['peer-b', 'peer-c']);
    expect(new Set(hits.map(({ digest }) => digest)).size).toBe(1);
  });

  test('a file that another container gets is the very file', async () => {
    const { code, stderr } = await project.cardume('get', sharedTwice);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const received = await project.inContainer('base64', '-w0', '/downloads/error_reason.proto');
    expect(Buffer.from(received, 'base64').equals(readFileSync(join(repository, 'proto', sharedTwice)))).toBe(true);
  });

  test('the command is the same machine in each of its containers', async () => {
    const idOf = () => project.inContainer('sh', '-c', 'sha256sum /state/cardume/networks/*/identity/key.pem');
    const before = await idOf();
    expect(before).toMatch(/^[0-9a-f]{64} /);
    await search('error_reason');
    expect(await idOf()).toBe(before);
  });

  test('whoever runs the network manages its users where its index is', async () => {
    const listed = await project.compose('exec', '-T', 'index', 'cardume', 'index', 'user', 'list', '--json');
    expect(listed.match(/"name":"[^"]+"/g)).toEqual(['"name":"admin"', '"name":"everyone"']);
  });

  describe('when a peer goes away', () => {
    test('a peer that is stopped ends by itself, cleanly, and is gone from the answers', async () => {
      await project.compose('stop', 'peer-b');
      // 137 would say that the engine had to kill it.
      expect(await project.inspect('peer-b', '{{.State.ExitCode}}')).toBe('0');
      expect(holdersOf(await search('error_reason'))).toEqual(['peer-c']);
    });

    test('a peer that is killed is gone from the answers when its lease has ended', async () => {
      await project.compose('kill', 'peer-c');
      expect(await project.inspect('peer-c', '{{.State.Running}} {{.State.ExitCode}}')).toBe('false 137');
      await until('the killed peer to be gone', async () => (await search('error_reason')).length === 0);
      const { stdout } = await project.cardume('peers', '--json');
      expect(stdout.match(/"host":"[^"]+"/g)).toEqual(['"host":"peer-a"']);
    });
  });

  test('an index that is restarted answers as before', async () => {
    const before = await search('errors.md');
    expect(holdersOf(before)).toEqual(['peer-a']);
    await project.compose('restart', 'index');
    expect(await project.inspect('index', '{{.RestartCount}} {{.State.Running}}')).toBe('0 true');
    await untilHealthy('index');
    const after = await search('errors.md');
    expect(after.map(({ name, digest }) => ({ name, digest }))).toEqual(
      before.map(({ name, digest }) => ({ name, digest })),
    );
    expect(holdersOf(after)).toEqual(['peer-a']);
  });

  test('down leaves no container behind', async () => {
    await project.compose('down', '--volumes', '--timeout', '10');
    const label = `label=com.docker.compose.project=${project.name}`;
    expect(await docker('ps', '--all', '--quiet', '--filter', label)).toBe('');
    expect(await docker('volume', 'ls', '--quiet', '--filter', label)).toBe('');
  });
});
