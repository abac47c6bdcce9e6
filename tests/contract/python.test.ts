// A client in another language, generated from the .proto files by that language's own tools.
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { describeWith } from '../support/describe-with.ts';
import { findCommand } from '../support/find-command.ts';
import { type CommandResult, runCommand } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { useNetwork } from './support/use-network.ts';

const repository = join(import.meta.dirname, '../..');
const scripts = join(import.meta.dirname, 'python');
const python = findCommand([join(repository, '.venv/bin/python'), 'python3'], '-c', 'import grpc, grpc_tools.protoc');

describeWith({ name: 'Python with grpcio-tools', command: python }, 'a generated Python client', (command) => {
  const content = randomBytes(1024 * 1024 + 1);
  const network = useNetwork({ 'from node.bin': content });
  const generated = temporaryFolder();
  const run = (...args: string[]): Promise<CommandResult> => runCommand(command, ['-B', ...args], { cwd: repository });

  beforeAll(async () => {
    const protos = readdirSync(join(repository, 'proto/cardume'), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.proto'))
      .map((path) => join('cardume', path));
    const outputs = [`--python_out=${generated}`, `--grpc_python_out=${generated}`];
    const { code, stderr } = await run('-m', 'grpc_tools.protoc', '-Iproto', ...outputs, ...protos);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  test('joins, searches, renews and leaves, downloads and verifies with a digest of its own, and uploads', async () => {
    const args = [generated, network.index, network.peer, 'from node.bin'];
    const { code, stdout, stderr } = await run(join(scripts, 'client.py'), ...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({
      joined: { taken: 1, holderIsThisPeer: [true], renewedFileCount: 1, hitsAfterLeaving: 0 },
      found: ['from node.bin'],
      holders: [network.peer],
      downloaded: {
        name: 'from node.bin',
        sizeBytes: content.length,
        receivedBytes: content.length,
        contentHash: createHash('sha256').update(content).digest('hex'),
        digest: expect.stringMatching(/^[0-9a-f]{64}$/),
        listedDigest: expect.any(String),
      },
      refused: { code: 'NOT_FOUND', message: expect.stringContaining('no such file') },
      uploaded: { committed: 5_000, complete: true, name: 'uploaded.txt', wrong: 'DATA_LOSS' },
    });
    const { downloaded } = JSON.parse(stdout);
    expect(downloaded.digest).toBe(downloaded.listedDigest);
  });

  test('has a digest of its own that agrees with the published test vectors', async () => {
    const { code, stdout } = await run(join(scripts, 'vectors.py'));
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      '64 KiB of zeros': '60aae9c7b428f87e0713e88229e18f0adf12cd7b22a0dd8a92bb2485eb7af242',
      '1 MiB of zeros': '515ea9181744b817744ded9d2e8e9dc6a8450c0b0c52e24b5077f302ffbd9008',
      '16385 counting bytes': '9d7887c65d577a0237fb3c0998b87b3a62762d03796889a2caea01db914ccbb8',
      '262145 counting bytes': 'd6f39dae7db99e68cc1fd1541d0b1d18494351053ab3ab19f7fcd0c442ed6b00',
    });
  });
});
