import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessLoad } from '@cardume/client';

const spanMs = 250;

/** Measures what this process has to do for a quarter of a second: nobody pays for it who does not ask. */
export async function measureLoad(): Promise<ProcessLoad> {
  const before = { cpu: process.cpuUsage(), loop: performance.eventLoopUtilization(), ms: performance.now() };
  await sleep(spanMs);
  const { user, system } = process.cpuUsage(before.cpu);
  const { utilization } = performance.eventLoopUtilization(before.loop);
  return {
    processors: (user + system) / 1_000 / (performance.now() - before.ms),
    processorCount: availableParallelism(),
    mainThreadShare: utilization,
  };
}
