import { maxFoldedLength } from '../limits.ts';

const ascii = /^[\x00-\x7f]*$/;
const marks = /\p{M}+/gu;

/**
 * Folds a text so that what people take for the same compares equal: without regard to case, accents and compatible
 * forms (`Ⅳ` and `iv`, `ﬁ` and `fi`), cut at `maxFoldedLength`.
 *
 * Case goes down, up and down again, since only so do `ẞ`, `ß` and `ss`, and the two small sigmas, meet.
 */
export function fold(text: string): string {
  if (ascii.test(text)) return text.slice(0, maxFoldedLength).toLowerCase();
  const folded = text
    .normalize('NFKD')
    .replace(marks, '')
    .toLowerCase()
    .toUpperCase()
    .toLowerCase()
    .replaceAll('ς', 'σ')
    .normalize('NFKD')
    .replace(marks, '')
    .normalize('NFC');
  return folded.slice(0, maxFoldedLength).toWellFormed();
}
