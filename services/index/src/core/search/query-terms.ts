import { isDigestPrefix } from '@cardume/client/digest';
import { CardumeError } from '@cardume/client/errors';
import { parseSize } from '@cardume/client/units';
import { maxExtensionBytes, maxQueryWords } from '../limits.ts';
import { fold } from './fold.ts';
import { literalRuns } from './literal-runs.ts';

/** What a query of keywords says. Texts and patterns are folded. */
export interface QueryTerms {
  /** What is neither excluded nor a filter, as it was written, with spaces between. */
  text: string;
  /** Texts that a name has in it. */
  words: string[];
  /** Texts that it has not. */
  excludedWords: string[];
  /** Globs that match a part of it: `a*b` as if it were `*a*b*`. */
  patterns: string[];
  excludedPatterns: string[];
  /** It has one of them, when there are any: `.iso`. */
  extensions: string[];
  excludedExtensions: string[];
  minSizeBytes: number;
  /** Infinity: no bound. */
  maxSizeBytes: number;
  /** The content's digest begins with it; undefined: any. */
  digestPrefix: string | undefined;
}

// A minus, an operator, and then what is between quotes, or what goes on to the next space. The last quote may be missing.
const term = /(?<minus>-?)(?:(?<operator>ext|size|digest):)?(?:"(?<quoted>[^"]*)(?:"|$)|(?<plain>\S+)|(?=\s|$))/giu;

/**
 * Reads keywords: words, `"some text"`, `*` and `?` in a word, `ext:iso`, `ext:mkv,mp4`, `size:>1G`, `size:<=10MiB`,
 * `size:1G..2G`, `digest:0123abcd`; a minus before any of them but the last two excludes it.
 *
 * @throws CardumeError INVALID_FIELD when there are too many, or one is malformed: what looks like a filter is never taken for text
 */
export function readQueryTerms(query: string): QueryTerms {
  const terms: QueryTerms = {
    text: '',
    words: [],
    excludedWords: [],
    patterns: [],
    excludedPatterns: [],
    extensions: [],
    excludedExtensions: [],
    minSizeBytes: 0,
    maxSizeBytes: Number.POSITIVE_INFINITY,
    digestPrefix: undefined,
  };
  const texts: string[] = [];
  let count = 0;
  for (const { isExcluded, operator, value, isQuoted } of splitTerms(query)) {
    count += 1;
    if (count > maxQueryWords) throw wrong(`must have at most ${maxQueryWords} words`);
    if (operator === '') takeText(terms, value, isQuoted, isExcluded, texts);
    else takeFilter(terms, operator, value, isExcluded);
  }
  return { ...terms, text: fold(texts.join(' ')) };
}

/** A part of a query as it was written. */
export interface WrittenTerm {
  /** Where it begins, and where the next character after it is. */
  start: number;
  end: number;
  isExcluded: boolean;
  /** `ext`, `size` or `digest`; empty: none. */
  operator: string;
  /** Without quotes. */
  value: string;
  isQuoted: boolean;
}

/** The parts of a query of keywords, in their order. */
export function* splitTerms(query: string): Generator<WrittenTerm, void, undefined> {
  for (const { 0: text, index: start, groups = {} } of query.matchAll(term)) {
    const { minus = '', operator = '', quoted, plain } = groups;
    const value = quoted ?? plain ?? '';
    if (value === '' && operator === '') continue;
    const end = start + text.length;
    const isQuoted = quoted !== undefined;
    yield { start, end, isExcluded: minus !== '', operator: operator.toLowerCase(), value, isQuoted };
  }
}

function takeText(terms: QueryTerms, value: string, isQuoted: boolean, isExcluded: boolean, texts: string[]): void {
  if (isQuoted || !/[*?]/.test(value)) {
    const word = fold(value);
    if (word === '' || (!isQuoted && word === '-')) return;
    (isExcluded ? terms.excludedWords : terms.words).push(word);
    if (!isExcluded) texts.push(value);
    return;
  }
  // Folding may make more stars (U+FF0A), so it goes first.
  const pattern = fold(value).replace(/\*+/g, '*');
  // Without a letter it says next to nothing.
  if (literalRuns(pattern).length === 0) return;
  (isExcluded ? terms.excludedPatterns : terms.patterns).push(pattern);
}

function takeFilter(terms: QueryTerms, operator: string, value: string, isExcluded: boolean): void {
  if (operator === 'ext') {
    (isExcluded ? terms.excludedExtensions : terms.extensions).push(...readExtensions(value));
    return;
  }
  if (isExcluded) throw wrong(`-${operator}: cannot be excluded; say what is wanted`);
  if (operator === 'digest') {
    if (!isDigestPrefix(value)) throw wrong('digest: needs 8 to 64 hex digits, as in digest:0123abcd');
    terms.digestPrefix = value.toLowerCase();
    return;
  }
  const { least, most } = readSizes(value);
  terms.minSizeBytes = Math.max(terms.minSizeBytes, least);
  terms.maxSizeBytes = Math.min(terms.maxSizeBytes, most);
}

function readExtensions(value: string): string[] {
  if (Buffer.byteLength(value) > maxExtensionBytes) {
    throw wrong(`ext: must have at most ${maxExtensionBytes} bytes`);
  }
  const extensions = value.split(',').map(suffixOf);
  if (extensions.includes(''))
    throw wrong('ext: needs an extension, as in ext:iso or ext:mkv,mp4; in quotes it is text');
  return extensions;
}

/** `.iso` for `iso`, `.iso` and `ISO`; empty for none. */
export function suffixOf(extension: string): string {
  if (extension === '' || extension === '.') return '';
  return fold(extension.startsWith('.') ? extension : `.${extension}`);
}

function readSizes(value: string): { least: number; most: number } {
  const bounds = /^(?<sign>>=|<=|>|<)(?<size>.+)$/u.exec(value)?.groups;
  if (bounds !== undefined) {
    const bytes = readSize(bounds.size ?? '');
    if (bounds.sign?.startsWith('>'))
      return { least: bounds.sign === '>' ? bytes + 1 : bytes, most: Number.POSITIVE_INFINITY };
    return { least: 0, most: bounds.sign === '<' ? bytes - 1 : bytes };
  }
  const [least = '', most, ...others] = value.split('..');
  if (most === undefined || others.length > 0) throw malformedSize();
  return { least: readSize(least), most: readSize(most) };
}

function readSize(text: string): number {
  const bytes = parseSize(text);
  if (bytes === undefined) throw malformedSize();
  return bytes;
}

function malformedSize(): CardumeError {
  return wrong('size: needs a bound, as in size:>1G, size:<=10MiB or size:1G..2G; in quotes it is text');
}

function wrong(problem: string): CardumeError {
  return CardumeError.invalidField('query', problem);
}
