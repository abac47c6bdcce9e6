import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  DigestBuilder,
  type DownloadRange,
  type Manifest,
  openPeer,
  type PeerClient,
  usualPieceLength,
} from '@cardume/client';
import { type PeerEvent, type PeerOptions, type RunningPeer, startPeer } from '@cardume/peer';
import { afterAll } from '@jest/globals';
import { absentIndex } from './absent-index.ts';

/** A peer under test with what it said, and a client of it. */
export interface TestPeer {
  peer: RunningPeer;
  client: PeerClient;
  events: PeerEvent[];
}

/** Gives a function that starts peers on free ports. All of them are stopped when the test file ends. */
export function usePeers(): (options: PeerOptions) => Promise<TestPeer> {
  const started: TestPeer[] = [];
  afterAll(async () => {
    for (const { client } of started) client.close();
    await Promise.all(started.map(({ peer }) => peer.stop(0)));
  });
  return async (options) => {
    const events: PeerEvent[] = [];
    const peer = await startPeer({
      index: absentIndex,
      logLevel: 'silent',
      onEvent: (event) => events.push(event),
      ...options,
    });
    const running = { peer, client: openPeer(peer.address), events };
    started.push(running);
    return running;
  };
}

/** Writes files into a folder, by their names in it. */
export function writeFiles(folder: string, files: Record<string, string | Buffer>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
}

/** Bytes that differ from block to block: byte i is i mod 251. */
export function patterned(sizeBytes: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: sizeBytes }, (_, position) => position % 251));
}

/** All that a stream gives. */
export async function collect<Item>(stream: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

/** The names of all files that a peer shares, in its order. */
export async function sharedNames(client: PeerClient): Promise<string[]> {
  return (await collect(client.listFiles())).map(({ name }) => name);
}

/** The bytes of a download. */
export async function downloadBytes(client: PeerClient, range: DownloadRange): Promise<Buffer> {
  const { chunks } = await client.download(range);
  return Buffer.concat(await collect(chunks));
}

/** The manifest of bytes at their usual piece length. */
export function manifestOf(bytes: Buffer): Manifest {
  const builder = new DigestBuilder(usualPieceLength(bytes.length));
  builder.update(bytes);
  return builder.finish();
}
