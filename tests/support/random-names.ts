import fc from 'fast-check';
import { nastyNames, workingNames } from './nasty-names.ts';

const whole = [...nastyNames.map(({ name }) => name), ...workingNames];
const steps = ['..', '.', '/', '/', '/', '\\', 'C:', '\u0000', ' ', ':', '//', '.. ', '...', '~', '\u202e', '\ud800'];
const ordinary = ['a', 'b.txt', 'é', 'e\u0301', '日本', '\ud83d\udc1f', 'x'.repeat(100), 'x'.repeat(234), 'con', 'nul'];
/** What a test puts where such names lead. */
const planted = [
  'there',
  'there.txt',
  'link-to-folder',
  'link-to-file',
  'link-to-nothing',
  'link-to-itself',
  'part-is-link',
];
const beside = ['canary.txt', 'outside', '.cardume-part', '.cardume-lock'];
const piece = fc.constantFrom(...steps, ...ordinary, ...planted, ...beside);

/** Names put together of what is dangerous, of what is not, and of anything. */
export const randomNames: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.array(piece, { minLength: 1, maxLength: 7 }).map((some) => some.join('')) },
  { weight: 4, arbitrary: fc.array(piece, { minLength: 1, maxLength: 5 }).map((some) => some.join('/')) },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom(...whole), fc.constantFrom(...whole)).map((two) => two.join('/')) },
  { weight: 2, arbitrary: fc.array(fc.string({ maxLength: 6 }), { maxLength: 4 }).map((some) => some.join('/')) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
);
