import { afterEach, describe, expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { openPeer, type PeerClient } from '../src/index.ts';
import { patternBytes } from './support/pattern.ts';
import { type Script, type ScriptedHolder, startScriptedHolder } from './support/scripted-holder.ts';

const mib = 1024 * 1024;
const content = patternBytes(3 * mib);
const stops: (() => unknown)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function startPeer(script: Script): Promise<{ holder: ScriptedHolder; peer: PeerClient; digest: string }> {
  const holder = await startScriptedHolder(content, script);
  const peer = openPeer(holder.holder, { stallTimeoutMs: 300 });
  stops.push(
    () => holder.stop(),
    () => peer.close(),
  );
  return { holder, peer, digest: holder.manifest.digest };
}

const forEver = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

async function readAll(chunks: AsyncIterable<Uint8Array>): Promise<number> {
  let bytes = 0;
  for await (const chunk of chunks) bytes += chunk.length;
  return bytes;
}

describe('a stream is given up', () => {
  test('when the peer takes the call and says nothing', async () => {
    const { peer, digest } = await startPeer({
      download: async function* (_, signal) {
        yield await forEver(signal);
      },
      manifest: async (_, signal) => forEver(signal),
    });
    expect((await failureOf(() => peer.download({ digest }))).reason).toBe('TIMED_OUT');
    expect((await failureOf(() => peer.manifest(digest, content.length, mib))).reason).toBe('TIMED_OUT');
  });

  test('when the peer stops in the middle', async () => {
    const { peer, digest } = await startPeer({
      chunk: async (chunk, offset, signal) => (offset >= mib ? forEver(signal) : chunk),
    });
    const { chunks } = await peer.download({ digest });
    expect((await failureOf(() => readAll(chunks))).reason).toBe('TIMED_OUT');
  });

  test('when the peer sends a byte now and then', async () => {
    const { peer, digest } = await startPeer({
      chunk: async (chunk) => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        return chunk.subarray(0, 1);
      },
      after: async function* (signal) {
        while (!signal.aborted) {
          await new Promise((resolve) => setTimeout(resolve, 20));
          yield Buffer.alloc(1);
        }
      },
    });
    const { chunks } = await peer.download({ digest });
    expect((await failureOf(() => readAll(chunks))).reason).toBe('TIMED_OUT');
  });
});

test('a reader that takes its time is no fault of the peer', async () => {
  const { peer, digest } = await startPeer({});
  const { chunks } = await peer.download({ digest, limit: mib });
  let bytes = 0;
  for await (const chunk of chunks) {
    if (bytes === 0) await new Promise((resolve) => setTimeout(resolve, 700));
    bytes += chunk.length;
  }
  expect(bytes).toBe(mib);
});
