// docs/grpcurl.md, line by line, with real grpcurl through reflection.
import { expect, test } from '@jest/globals';
import { describeWith } from '../support/describe-with.ts';
import { findCommand } from '../support/find-command.ts';
import { runCommand } from '../support/run-command.ts';
import { consoleLines } from './support/console-lines.ts';
import { useNetwork } from './support/use-network.ts';
import { useSecureNetwork } from './support/use-secure-network.ts';

const lines = consoleLines('docs/grpcurl.md');
const content = Buffer.from('hello from a shoal\n');

describeWith({ name: 'grpcurl', command: findCommand(['grpcurl'], '--version') }, 'grpcurl', () => {
  const plain = useNetwork({ 'hello.txt': content });
  const secure = useSecureNetwork('hello.txt', content);

  /** Runs a line of the page as a shell does, against the servers of this test; with certificates, where these are. */
  async function run(line: string): Promise<string> {
    const isPlain = line.includes(' -plaintext ');
    const { index, peer } = isPlain ? plain : secure;
    const here = line
      .replace('localhost:50051', index)
      .replace('localhost:50061', peer)
      .replace(/[0-9a-f]{32}\.peer\.[0-9a-f]{32}\.cardume\.internal/, secure.peerName);
    const { stdout, stderr } = await runCommand('sh', ['-c', here], isPlain ? {} : { cwd: secure.identityFolder });
    return `${stdout}${stderr}`;
  }

  test.each(lines)('$command', async ({ command, output }) => {
    expect(withoutWhatVaries(await run(command))).toBe(withoutWhatVaries(output));
  });

  test.each([
    ['in plaintext', '-plaintext'],
    ['with certificates', '-cacert'],
  ])('the bytes of a download %s, decoded, are those of the file', async (_how, flag) => {
    const line = lines.find(({ command }) => command.includes('/Download') && command.includes(flag));
    const output = await run(line?.command ?? '');
    const chunks = [...output.matchAll(/"chunk": "([^"]*)"/g)].map(([, chunk = '']) => Buffer.from(chunk, 'base64'));
    expect(Buffer.concat(chunks).equals(content)).toBe(true);
  });

  test('the page shows each thing that the contract promises to plain callers', () => {
    const shown = lines.map(({ command }) => command).join('\n');
    const things = [
      ' list',
      ' describe ',
      '/Join',
      '/Search',
      '/Lookup',
      '/ListPeers',
      '/Download',
      '/Upload',
      '/GetUpload',
      '/Offer',
      'grpc.health.v1.Health/Check',
      '-cacert authorities.pem -cert certificate.pem -key key.pem',
      ' -authority ',
    ];
    for (const thing of things) expect(shown).toContain(thing);
  });
});

/** Ids, secrets, ports and times are those of one run. */
function withoutWhatVaries(output: string): string {
  const varying = /"(peerId|leaseSecret|port|modifyTime|joinTime|renewalAge)": ("[^"]*"|\d+)/g;
  return output.replaceAll(varying, '"$1": …');
}
