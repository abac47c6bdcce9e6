// Real servers, and what happens to a download when some of them are slow, die, say nothing any more, or lie.
import { mkdtemp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { ServerError, Status } from 'nice-grpc';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { type DownloadFileInit, type DownloadProgress, downloadFile } from '../src/index.ts';
import { patternBytes } from './support/pattern.ts';
import { type Script, type ScriptedHolder, startScriptedHolder } from './support/scripted-holder.ts';

const mib = 1024 * 1024;
const content = patternBytes(40 * mib + 12_345);
const root = temporaryFolder();
const holders: ScriptedHolder[] = [];

afterEach(async () => {
  await Promise.all(holders.splice(0).map((holder) => holder.stop()));
});

async function start(script?: Script): Promise<ScriptedHolder> {
  const holder = await startScriptedHolder(content, script);
  holders.push(holder);
  return holder;
}

async function download(from: readonly ScriptedHolder[], change: Partial<DownloadFileInit> = {}) {
  const folder = await mkdtemp(join(root, 'target-'));
  const [first] = from;
  if (first === undefined) throw new Error('no holder');
  const result = await downloadFile({
    digest: first.manifest.digest,
    sizeBytes: content.length,
    folder,
    name: 'file.bin',
    holders: async () => from.map(({ holder }) => holder),
    holderWaitMs: 2_000,
    ...change,
  });
  expect((await readFile(join(folder, 'file.bin'))).equals(content)).toBe(true);
  return result;
}

/** A holder that lets so many bytes through in a second. */
function slow(bytesPerSecond: number): Script {
  return {
    chunk: async (chunk) => {
      await new Promise((resolve) => setTimeout(resolve, (chunk.length * 1_000) / bytesPerSecond));
      return chunk;
    },
  };
}

const verifiedOf = ({ sources }: { sources: { verifiedBytes: number }[] }): number[] =>
  sources.map(({ verifiedBytes }) => verifiedBytes);

describe('a file that several hold', () => {
  test('comes from all of them at once, each piece once', async () => {
    const result = await download([
      await start(slow(10 * mib)),
      await start(slow(10 * mib)),
      await start(slow(10 * mib)),
    ]);
    const verified = verifiedOf(result);
    expect(verified).toHaveLength(3);
    expect(Math.min(...verified)).toBeGreaterThan(5 * mib);
    expect(verified.reduce((sum, bytes) => sum + bytes, 0)).toBe(content.length);
    // Towards the end two may be asked for the same.
    expect(result.receivedBytes).toBeLessThan(content.length * 1.25);
  });

  test('comes mostly from the fast one, and is not held up by the slow one', async () => {
    const result = await download([await start(slow(mib / 2)), await start(slow(40 * mib))]);
    const [fromSlow = 0, fromFast = 0] = verifiedOf(result);
    expect(fromFast).toBeGreaterThan(fromSlow * 4);
  });

  test('is whole when one of them serves wrong bytes, which are never written over right ones', async () => {
    const liars: number[] = [];
    const liar = await start({
      chunk: (chunk, at) => {
        if (at > 2 * mib) chunk[0] = (chunk[0] ?? 0) ^ 1;
        return chunk;
      },
    });
    const told: DownloadProgress[] = [];
    await download([liar, await start(slow(20 * mib))], {
      onLiar: ({ port }) => void liars.push(port),
      onProgress: (progress) => void told.push(progress),
    });
    expect(liars).toEqual([liar.holder.port]);
    const ofLiar = told.findLast(({ sources }) => sources.length > 0)?.sources[0];
    expect(ofLiar).toMatchObject({ state: 'dropped', wrongCount: 1, failure: { reason: 'BYTES_MISMATCH' } });
  });

  test('is whole when one says nothing any more: the others do its work', async () => {
    const stopped = await start({
      chunk: async (chunk, _offset, signal) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        return chunk;
      },
    });
    const told: DownloadProgress[] = [];
    const onProgress = (progress: DownloadProgress): void => void told.push(progress);
    const result = await download([stopped, await start(slow(10 * mib))], { onProgress });
    expect(verifiedOf(result)).toEqual([0, content.length]);
    // It would be given up after 20 s; that its work was done before shows in that it never was.
    expect(result.sources[0]?.failure).toBeUndefined();
    const silent = told.map(({ sources }) => sources[0]).filter((source) => source?.isStalled === true);
    expect(silent.at(0)).toMatchObject({ state: 'asked', stalls: 1, receivedBytes: 0, path: 'direct' });
    const [, other] = told.at(-1)?.sources ?? [];
    expect(other?.roundTripMs).toBeGreaterThan(0);
  });

  test('is whole when one dies in the middle, and when another one turns up only then', async () => {
    const dying = await start(slow(10 * mib));
    const later = await start();
    let isDead = false;
    const result = await download([dying, later], {
      holders: async () => (isDead ? [dying.holder, later.holder] : [dying.holder]),
      holderWaitMs: 20_000,
      onProgress: ({ verifiedBytes }) => {
        if (verifiedBytes < 5 * mib || isDead) return;
        isDead = true;
        void dying.stop();
      },
    });
    const [before = 0, after = 0] = verifiedOf(result);
    expect(before).toBeGreaterThanOrEqual(5 * mib);
    expect(before + after).toBe(content.length);
  });

  test('is asked for at once of one that was away for long and is listed again', async () => {
    let failures = 0;
    const away: Script['download'] = async function* () {
      failures += 1;
      yield* [];
      throw new ServerError(Status.UNAVAILABLE, 'not now');
    };
    const coming = await start({ download: away });
    let looks = 0;
    await download([coming], {
      // After four failures it rests for 4 s.
      random: () => 0,
      holderWaitMs: 7_000,
      holders: async () => {
        if (failures < 4) return [coming.holder];
        coming.script = {};
        looks += 1;
        return looks === 1 ? [] : [coming.holder];
      },
    });
    expect(failures).toBe(4);
  }, 30_000);

  test('is waited for while nobody has it, and then given up with what is kept', async () => {
    const dying = await start(slow(10 * mib));
    const phases = new Set<string>();
    const failure = await failureOf(() =>
      download([dying], {
        holderWaitMs: 1_500,
        onProgress: ({ verifiedBytes, phase }) => {
          phases.add(phase);
          if (verifiedBytes >= 5 * mib) void dying.stop();
        },
      }),
    );
    expect(failure.reason).toBe('NO_HOLDER_LEFT');
    expect(failure.message).toMatch(/bytes are verified and kept/);
    expect(phases).toContain('waiting');
  });
});
