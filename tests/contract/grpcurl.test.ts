// docs/grpcurl.md, line by line, with real grpcurl through reflection.
import { expect, test } from '@jest/globals';
import { describeWith } from '../support/describe-with.ts';
import { findCommand } from '../support/find-command.ts';
import { runCommand } from '../support/run-command.ts';
import { consoleLines } from './support/console-lines.ts';
import { useNetwork } from './support/use-network.ts';

const lines = consoleLines('docs/grpcurl.md');
const content = Buffer.from('hello from a shoal\n');

describeWith({ name: 'grpcurl', command: findCommand(['grpcurl'], '--version') }, 'grpcurl', () => {
  const network = useNetwork({ 'hello.txt': content });

  /** Runs a line of the page as a shell does, against the servers of this test. */
  async function run(line: string): Promise<string> {
    const here = line.replace('localhost:50051', network.index).replace('localhost:50061', network.peer);
    const { stdout, stderr } = await runCommand('sh', ['-c', here]);
    return `${stdout}${stderr}`;
  }

  test.each(lines)('$command', async ({ command, output }) => {
    expect(withoutWhatVaries(await run(command))).toBe(withoutWhatVaries(output));
  });

  test('the bytes of a download, decoded, are those of the file', async () => {
    const line = lines.find(({ command }) => command.includes('TransferService/Download'));
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
      'grpc.health.v1.Health/Check',
    ];
    for (const thing of things) expect(shown).toContain(thing);
  });
});

/** Ids, secrets, ports and times are those of one run. */
function withoutWhatVaries(output: string): string {
  const varying = /"(peerId|leaseSecret|port|modifyTime|joinTime|renewalAge)": ("[^"]*"|\d+)/g;
  return output.replaceAll(varying, '"$1": …');
}
