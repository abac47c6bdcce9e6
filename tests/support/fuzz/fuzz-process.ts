import { type Address, parseAddress } from '@cardume/client';
import { expect } from '@jest/globals';
import type fc from 'fast-check';
import { descriptorsOf, memoryOf } from '../process-usage.ts';
import type { StartedProcess } from '../start-process.ts';
import { until } from '../until.ts';
import { openHttp2Caller } from './call-over-http2.ts';
import type { Outcome } from './documented-outcomes.ts';
import type { FuzzSettings } from './fuzz-settings.ts';
import type { RequestCase, TriedCall } from './request-cases.ts';
import { runCases } from './run-cases.ts';
import { serviceMethods } from './service-methods.ts';

/** How much memory a server may have at the most, and by how much that may grow in the second half of the calls. */
const maxBytes = 512 * 1024 * 1024;
const maxGrownBytes = 128 * 1024 * 1024;
/** The descriptors of what is under way: a connection, files that are read. */
const maxMoreDescriptors = 64;
const mib = 2 ** 20;

/** A server in a process of its own, and what it is sent. */
export interface FuzzedProcess {
  settings: FuzzSettings;
  child: StartedProcess;
  address: string;
  service: string;
  /** Called once the server can be called, by one who is honest. */
  prepare: (
    call: (tried: TriedCall) => Promise<Outcome>,
  ) => Promise<{ arbitrary: fc.Arbitrary<RequestCase>; checkHonest: () => Promise<void> }>;
}

/**
 * Sends cases to a server by HTTP/2. The process has to stay, to answer who is honest, to write nothing to its log, to keep its
 * memory and descriptors within bounds, and to end well in the end. What it took is written to standard error.
 */
export async function fuzzProcess({ settings, child, address, service, prepare }: FuzzedProcess): Promise<void> {
  const at: Address = parseAddress(address, 'address');
  const methods = serviceMethods(service);
  const streams = new Set(
    methods.filter(({ methodKind }) => methodKind === 'server_streaming').map(({ name }) => name),
  );
  const honest = openHttp2Caller(at, service, streams);
  const hostile = openHttp2Caller(at, service, streams);
  try {
    const { arbitrary, checkHonest } = await prepare(honest.call);
    const idleDescriptors = descriptorsOf(child.pid);
    const used: { nowBytes: number; descriptors: number }[] = [];
    await runCases({
      ...settings,
      arbitrary,
      call: hostile.call,
      callsAtOnce: 32,
      checkEvery: 1_000,
      async checkMeanwhile() {
        expect(child.end).toBeUndefined();
        await checkHonest();
        used.push({ nowBytes: memoryOf(child.pid).nowBytes, descriptors: descriptorsOf(child.pid) });
        expect(used.at(-1)?.descriptors).toBeLessThanOrEqual(idleDescriptors + maxMoreDescriptors);
      },
    });
    const { nowBytes, peakBytes } = memoryOf(child.pid);
    const [first = nowBytes, half = nowBytes] = [0, Math.floor(used.length / 2)].map((at) => used[at]?.nowBytes);
    const [atFirst, atHalf, inTheEnd, most] = [first, half, nowBytes, peakBytes].map((bytes) =>
      Math.round(bytes / mib),
    );
    const descriptors = Math.max(...used.map((each) => each.descriptors));
    process.stderr.write(
      `fuzz: ${service}: ${atFirst} MiB of memory at first, ${atHalf} half-way, ${inTheEnd} in the end, ${most} at the most; ` +
        `${idleDescriptors} descriptors at first, ${descriptors} at the most\n`,
    );
    expect(peakBytes).toBeLessThan(maxBytes);
    expect(nowBytes - half).toBeLessThan(maxGrownBytes);
    hostile.close();
    honest.close();
    // Fewer than ever while somebody was connected.
    const least = Math.min(...used.map((each) => each.descriptors));
    await until('the descriptors of the calls are closed', () => descriptorsOf(child.pid) < least);
  } finally {
    hostile.close();
    honest.close();
  }
  expect(await child.stop()).toEqual({ code: 0, signal: null });
  expect(child.stderr).toBe('');
}
