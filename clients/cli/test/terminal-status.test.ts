import { expect, test } from '@jest/globals';
import { openTerminal } from '../src/adapters/open-terminal.ts';

/** A stream that is a terminal of some rows, and what was written to it, with the escapes that matter by name. */
function terminalOf(rows: number) {
  let written = '';
  const stream = { isTTY: true, columns: 40, rows, writableLength: 0, write: (text: string) => (written += text) };
  const terminal = openTerminal({ ...stream, isTTY: false } as never, stream as never);
  const takeWritten = (): string => {
    const named = written.replaceAll('\u001b[K', '<clear>').replaceAll('\u001b[1A', '<up>').replaceAll('\r', '');
    written = '';
    return named;
  };
  return { terminal, takeWritten };
}

test('a status of several lines is drawn over, whatever the number of its lines becomes, and taken away', () => {
  const { terminal, takeWritten } = terminalOf(24);
  terminal.drawStatus(() => ['one', 'two', 'three']);
  expect(takeWritten()).toBe('<clear>one\ntwo\nthree');
  terminal.drawStatus(() => 'one');
  expect(takeWritten()).toBe('<clear><up><clear><up><clear>one');
  terminal.drawStatus(() => ['a', 'b']);
  takeWritten();
  terminal.note('said');
  expect(takeWritten()).toBe('<clear><up><clear>said\n');
  terminal.clearStatus();
  expect(takeWritten()).toBe('');
});

test('a status has no more lines than the terminal has room for, since one that scrolls cannot be drawn over', () => {
  const { terminal, takeWritten } = terminalOf(3);
  terminal.drawStatus((_columns, rows) => {
    expect(rows).toBe(2);
    return ['one', 'two', 'three'];
  });
  expect(takeWritten()).toBe('<clear>one\ntwo');
});
