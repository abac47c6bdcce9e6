import { describe, expect, test } from '@jest/globals';
import { terminalPicture } from '../../scripts/support/terminal-picture.ts';
import { playTerminal } from '../../scripts/support/terminal-screen.ts';

const textOf = (output: string): string[] => playTerminal(output).map((runs) => runs.map(({ text }) => text).join(''));

describe('what stands on a terminal in the end', () => {
  test('is what was written last, after carriage returns and erasures', () => {
    expect(textOf('10%\r20%\r\u001b[Kdone\nnext')).toEqual(['done', 'next']);
    expect(textOf('abcdef\rxy')).toEqual(['xycdef']);
  });

  test('has no control sequences in it', () => {
    expect(textOf('\u001b[?25l\u001b[1mbold\u001b[0m plain\u0007')).toEqual(['bold plain']);
  });

  test('keeps weights and colours until they are reset', () => {
    const [runs = []] = playTerminal('\u001b[1;32mgo\u001b[22m on\u001b[39m now');
    expect(runs).toEqual([
      { column: 0, text: 'go', style: { bold: true, dim: false, color: 32 } },
      { column: 2, text: ' on', style: { bold: false, dim: false, color: 32 } },
      { column: 5, text: ' now', style: { bold: false, dim: false, color: undefined } },
    ]);
  });
});

describe('a terminal picture', () => {
  test('places each text at its column, and escapes it', () => {
    const picture = terminalPicture('a <b>\n  & c', { title: 'x"y', columns: 20 });
    expect(picture).toContain('>a &#60;b&#62;</text>');
    expect(picture).toMatch(/<text x="36\.8" y="75"[^>]*>&#38; c<\/text>/);
    expect(picture).toContain('aria-label="x&#34;y"');
  });

  test('draws a progress bar as rectangles', () => {
    const picture = terminalPicture('██░', { title: 'bar', columns: 20 });
    expect(picture).toMatch(/<rect x="20" y="44" width="16\.8"[^>]*#3fb950/);
    expect(picture).toMatch(/<rect x="36\.8" y="44" width="8\.4"[^>]*#30363d/);
    expect(picture).not.toMatch(/[█░]/);
  });
});
