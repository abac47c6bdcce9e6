import { describe, expect, test } from '@jest/globals';
import { auditLine } from '../../src/core/audit/audit-line.ts';
import { maxAuditTextLength, maxAuditTexts } from '../../src/core/limits.ts';

const head = { time: '2026-11-27T09:00:00.000Z', callerAddress: '127.0.0.1:1', user: undefined };
const detailOf = (line: string) => JSON.parse(line).detail;

describe('a line of the audit log', () => {
  test('has the time first, then the event, and nothing for what is not known', () => {
    const line = auditLine(head, { event: 'joined', detail: { port: 1, shareName: undefined } });
    expect(line).toBe(
      '{"time":"2026-11-27T09:00:00.000Z","event":"joined","callerAddress":"127.0.0.1:1","detail":{"port":1}}\n',
    );
  });

  test('is one line that no terminal obeys, and says the text that was meant', () => {
    const name = 'a\n\r\0\u001b]0;x\u0007\u009b2J\u202egnp.exe\u2028"\\ \ud800';
    const line = auditLine(head, { event: 'downloaded', detail: { name, queries: [name] } });
    expect(line.slice(0, -1)).toMatch(/^[\u0020-\u007e]*$/);
    expect(detailOf(line)).toEqual({ name, queries: [name] });
  });

  test('is bounded, and has no token and no invite that somebody put where a name belongs', () => {
    const query = `x cdm_${'A'.repeat(48)} cardume-invite-1-${'b'.repeat(200)} y`;
    expect(detailOf(auditLine(head, { event: 'searched', detail: { query } })).query).toBe('x [secret] [secret] y');
    const long = 'é'.repeat(1_000_000);
    const detail = detailOf(auditLine(head, { event: 'searched', detail: { long, queries: Array(1_000).fill(long) } }));
    expect(detail.long).toBe(`${'é'.repeat(maxAuditTextLength)}…`);
    expect(detail.queries).toHaveLength(maxAuditTexts);
    // Also where the cut goes through one.
    const cut = `${'z'.repeat(maxAuditTextLength - 20)} cdm_${'A'.repeat(48)}`;
    expect(detailOf(auditLine(head, { event: 'searched', detail: { cut } })).cut).not.toContain('cdm_');
  });
});
