import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAudit } from '@cardume/service-kit/audit';
import { afterAll, describe, expect, test } from '@jest/globals';
import { describeWith } from '../../../tests/support/describe-with.ts';
import { auditEvent, readAudit } from '../../../tests/support/read-audit.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { until } from '../../../tests/support/until.ts';
import type { EndedCall } from '../src/core/call-observer.ts';
import { maxRefusalsAtOnce } from '../src/core/limits.ts';
import { createLogger } from '../src/index.ts';

const folder = temporaryFolder();
const disk = mkdtempSync(join(tmpdir(), 'cardume-disk-'));
// A file system of 1 MiB; only root can make one.
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk], { stdio: 'ignore' }).status === 0;

afterAll(() => {
  if (mounted) execFileSync('umount', [disk]);
  rmdirSync(disk);
});

async function open(path: string, lines: string[] = []) {
  const logger = createLogger({ service: 'test', format: 'json', destination: { write: (line) => lines.push(line) } });
  let lost = 0;
  const audit = await openAudit({
    path,
    service: 'test',
    eventsOf: () => [],
    logger,
    onLost(count) {
      lost += count;
    },
  });
  return { audit, lost: () => lost };
}

const refusedCall: EndedCall = {
  path: '/a.B/C',
  status: 'UNAUTHENTICATED',
  reason: 'CERTIFICATE_REFUSED',
  durationMs: 0,
  callerAddress: '127.0.0.1:1',
  caller: undefined,
  request: undefined,
  response: undefined,
  notes: [],
};

describe('an audit file', () => {
  test('that was moved away is made anew with the next event, and appended to where there is one', async () => {
    const path = join(folder, 'moved.jsonl');
    writeFileSync(path, '{"event":"before"}\n');
    const { audit } = await open(path);
    audit.note({ event: 'one' });
    await auditEvent(path, 'one');
    renameSync(path, `${path}.1`);
    audit.note({ event: 'two' });
    await auditEvent(path, 'two');
    rmSync(path);
    audit.note({ event: 'three' });
    await audit.close();
    expect(readAudit(`${path}.1`).map(({ event }) => event)).toEqual(['before', 'one']);
    expect(readAudit(path).map(({ event }) => event)).toEqual(['three']);
  });

  test('cannot be filled by who is refused: so many are written, and then how many are not', async () => {
    const path = join(folder, 'flood.jsonl');
    const { audit, lost } = await open(path);
    for (let call = 0; call < 10_000; call += 1) audit.calls.ended(refusedCall);
    await audit.close();
    const events = readAudit(path);
    const written = events.filter(({ event }) => event === 'refused').length;
    expect(written).toBeGreaterThanOrEqual(maxRefusalsAtOnce);
    expect(written).toBeLessThan(maxRefusalsAtOnce + 1_000);
    expect(lost()).toBe(10_000 - written);
    expect(events.at(-1)).toMatchObject({ event: 'events_lost', detail: { cause: 'flood', count: lost() } });
  });
});

describeWith({ name: 'a user who may mount a tmpfs', command: mounted ? disk : undefined }, 'a full disk', () => {
  test('costs events and nothing else: it is logged once, counted, and said in the file when there is room again', async () => {
    const path = join(disk, 'audit.jsonl');
    const lines: string[] = [];
    const { audit, lost } = await open(path, lines);
    audit.note({ event: 'first' });
    await auditEvent(path, 'first');
    expect(spawnSync('dd', ['if=/dev/zero', `of=${join(disk, 'filler')}`, 'bs=4k'], { stdio: 'ignore' }).status).toBe(
      1,
    );
    // What is left of the page of the file still takes some, and half a line at its end.
    for (let count = 0; count < 200; count += 1) audit.note({ event: 'many', detail: { text: 'x'.repeat(200) } });
    await until('the failure is logged', () => lines.some((line) => line.includes('cannot be written')));
    for (let count = 0; count < 3; count += 1) {
      const before = lost();
      audit.note({ event: 'unwritten' });
      await until('it is counted', () => lost() > before);
    }
    rmSync(join(disk, 'filler'));
    audit.note({ event: 'last' });
    await until('what was lost is said', () => readFileSync(path, 'utf8').includes('events_lost'));
    await audit.close();
    const text = readFileSync(path, 'utf8');
    // A line that was cut stands alone; all others are whole.
    const whole = text.split('\n').filter((line) => line.endsWith('}'));
    const events = whole.map((line) => JSON.parse(line));
    expect(events.map(({ event }) => event).filter((event) => event !== 'many')).toEqual([
      'first',
      'last',
      'events_lost',
    ]);
    expect(events.at(-1).detail).toEqual({ cause: 'write_failed', count: lost() });
    expect(lost()).toBeGreaterThanOrEqual(4);
    expect(lines.map((line) => JSON.parse(line).level)).toEqual([50, 40]);
  });
});
