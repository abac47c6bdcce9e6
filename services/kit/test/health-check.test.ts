import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { formatAddress } from '@cardume/client';
import { createLogger, startServer } from '@cardume/service-kit';
import { expect, test } from '@jest/globals';

const script = join(import.meta.dirname, '../src/health-check.ts');

async function healthCheck(...args: string[]): Promise<{ code: number | null; stderr: string }> {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  return { code, stderr };
}

test('the health check says that a server serves, and that nobody does once it has stopped', async () => {
  const server = await startServer({
    listen: { host: '127.0.0.1', port: 0 },
    insecure: false,
    services: [],
    logger: createLogger({ service: 'test', level: 'silent' }),
  });
  const address = formatAddress(server.address);
  try {
    expect(await healthCheck(address)).toEqual({ code: 0, stderr: '' });
  } finally {
    await server.stop();
  }
  const stopped = await healthCheck(address);
  expect(stopped.code).toBe(1);
  expect(stopped.stderr).toContain(address);
});

test('the health check fails in bounded time at an address that accepts TCP and never speaks', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const address = silent.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  try {
    const { code, stderr } = await healthCheck(`127.0.0.1:${port}`);
    expect(code).toBe(1);
    expect(stderr).toContain(`127.0.0.1:${port}`);
  } finally {
    silent.close();
  }
});

test('the health check says what is wrong with an address that is none', async () => {
  const { code, stderr } = await healthCheck('no address');
  expect(code).toBe(1);
  expect(stderr).toContain('"no address" is not an address');
});
