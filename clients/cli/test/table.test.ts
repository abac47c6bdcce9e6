import { describe, expect, test } from '@jest/globals';
import stringWidth from 'string-width';
import { textWidth } from '../src/adapters/text-width.ts';
import { jsonLine } from '../src/core/text/json-line.ts';
import { renderTable } from '../src/core/text/table.ts';
import { truncateMiddle } from '../src/core/text/truncate.ts';

const columns = [
  { header: 'NAME', shrinks: true },
  { header: 'SIZE', align: 'right' as const },
];
const layout = { columns: undefined, widthOf: textWidth };

describe('a table', () => {
  test('has columns as wide as their widest cell, and no blanks at the ends of lines', () => {
    const rows = [
      ['a', '1 B'],
      ['longer', '100 MB'],
    ];
    expect(renderTable(columns, rows, layout)).toEqual(['NAME      SIZE', 'a          1 B', 'longer  100 MB']);
  });

  test('keeps columns straight under wide characters, emoji and combining accents', () => {
    const rows = [
      ['日本語.txt', '1 B'],
      ['👩‍👩‍👧.png', '2 B'],
      ['e\u0301.txt', '3 B'],
      ['plain.txt', '4 B'],
    ];
    const lines = renderTable(columns, rows, layout);
    expect(new Set(lines.map((line) => stringWidth(line))).size).toBe(1);
  });

  test('shortens only what may shrink when the terminal is narrower', () => {
    const lines = renderTable(columns, [['a-very-long-file-name-indeed.tar.gz', '123 MB']], { ...layout, columns: 30 });
    expect(lines.map((line) => stringWidth(line))).toEqual([30, 30]);
    expect(lines[1]).toMatch(/^a-very-lon.*….*tar\.gz {2}123 MB$/);
  });

  test('is rather too wide than unreadable', () => {
    const [, line = ''] = renderTable(columns, [['x'.repeat(50), '123 MB']], { ...layout, columns: 5 });
    expect(stringWidth(line)).toBe(16 + 2 + 6);
  });

  test('shows its header when it has no rows', () => {
    expect(renderTable(columns, [], { ...layout, columns: 80 })).toEqual(['NAME  SIZE']);
  });
});

describe('a shortened text', () => {
  test('keeps both ends of a name', () => expect(truncateMiddle('abcdefghij', 7, textWidth)).toBe('abc…hij'));
  test('stays as it is when it fits', () => expect(truncateMiddle('abcdefg', 7, textWidth)).toBe('abcdefg'));

  test('never cuts a wide character in half, nor exceeds its width', () => {
    for (let width = 1; width <= 12; width += 1) {
      const text = truncateMiddle('日本語日本語', width, textWidth);
      expect(stringWidth(text)).toBeLessThanOrEqual(width);
      expect(text).toMatch(/^[日本語]*…?[日本語]*$/);
    }
  });
});

describe('the width of a text', () => {
  test('is the same whether it was quick to tell or not', () => {
    const quick = [...Array.from({ length: 0x100 }, (_, code) => String.fromCharCode(code)), '█', '░', '…'];
    for (const first of quick) {
      expect([first, textWidth(first)]).toEqual([first, stringWidth(first)]);
      for (const second of quick) {
        const text = first + second;
        if (textWidth(text) !== stringWidth(text))
          throw new Error(`${JSON.stringify(text)} is ${stringWidth(text)} wide`);
      }
    }
  });

  test('is what a terminal draws', () => {
    const texts = ['modelo-ção.gguf', '日本語.txt', '👩‍👩‍👧', 'e\u0301', 'soft\u00adhyphen', '©\ufe0f'];
    expect(texts.map(textWidth)).toEqual([15, 10, 2, 1, 10, 2]);
  });
});

describe('a line of JSON', () => {
  test('has nothing in it that steers a terminal, and parses to the very value', () => {
    const value = { name: 'a\u001b[31m\u009b2J\u202egpj.\u200bexe\u2028\ufeff\ud800', list: [1, null] };
    const line = jsonLine(value);
    expect(line).toMatch(/^[\x20-\x7e]*$/);
    expect(JSON.parse(line)).toEqual(value);
  });
});
