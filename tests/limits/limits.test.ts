// What limits let pass, measured with real peers; and a hundred callers at four upload slots.
import { expect, test } from '@jest/globals';
import { measureDown, measureUp, streamsUp } from '../../bench/limits/measure-rates.ts';
import { serveCallers } from '../../bench/limits/serve-callers.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();
const bytesPerSecond = 4_000_000;
const durationMs = 3_000;
// What may be ahead of a rate: what its bucket holds, and for each stream what is under way.
const aheadOf = (streams: number): number => bytesPerSecond / 10 + (streams * bytesPerSecond) / 16;

// How much less passes depends on the machine; that no more does is the promise. bench/RESULTS.md has how exact it is.
test.each([false, true])('no more leaves than an upload limit says (of each caller: %p)', async (each) => {
  const { bytes, elapsedMs } = await measureUp({ folder, bytesPerSecond, durationMs }, each);
  expect(elapsedMs).toBeGreaterThanOrEqual(durationMs);
  expect(bytes).toBeLessThanOrEqual((bytesPerSecond * elapsedMs) / 1_000 + aheadOf(streamsUp));
  expect(bytes).toBeGreaterThan(0);
});

test.each([false, true])('no more comes than a limit of a download says (of each source: %p)', async (each) => {
  const { bytes, elapsedMs } = await measureDown({ folder, bytesPerSecond, durationMs }, each);
  expect(elapsedMs).toBeGreaterThanOrEqual(durationMs);
  const times = each ? 2 : 1;
  expect(bytes).toBeLessThanOrEqual(times * ((bytesPerSecond * elapsedMs) / 1_000 + aheadOf(2)));
  expect(bytes).toBeGreaterThan(0);
});

test('a hundred callers at four upload slots all get the file, in the order in which they came', async () => {
  const shared = { folder, callers: 100, slots: 4, sizeBytes: 3 * 1024 * 1024, bytesPerSecond: 60_000_000 };
  const { distances, lastPlace } = await serveCallers(shared);
  expect(distances).toHaveLength(100);
  // Some get in before others who are to come back a little later; nobody is far from its place.
  expect(Math.max(...distances)).toBeLessThanOrEqual(12);
  expect(distances.reduce((sum, distance) => sum + distance, 0) / distances.length).toBeLessThanOrEqual(4);
  expect(lastPlace).toBeGreaterThan(50);
});
