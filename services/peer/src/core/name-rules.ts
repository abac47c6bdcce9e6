import { CardumeError, lastPart } from '@cardume/client';
import picomatch from 'picomatch';

/** Tells whether a name within the share is left out. */
export type NameTest = (name: string) => boolean;

/**
 * Makes the test for the patterns that a peer's owner leaves out.
 *
 * A pattern with a `/` is matched against the whole name, one without against its last part, as in .gitignore; a
 * folder that matches is left out with all that is in it. `*`, `?`, `**`, `[…]` and `{…}` are known, and names that
 * begin with a dot are no exception.
 *
 * @throws CardumeError INVALID_FIELD for a pattern that cannot be read
 */
export function createExclude(patterns: readonly string[]): NameTest {
  const whole = compile(patterns.filter((pattern) => pattern.includes('/')));
  const last = compile(patterns.filter((pattern) => !pattern.includes('/')));
  return (name) => whole(name) || last(lastPart(name));
}

function compile(patterns: readonly string[]): NameTest {
  const tests = patterns.map((pattern) => {
    try {
      return picomatch(pattern.normalize('NFC'), { dot: true });
    } catch (cause) {
      throw new CardumeError('INVALID_FIELD', `--exclude: "${pattern}" is no pattern; write one such as *.tmp`, {
        metadata: { field: '--exclude' },
        cause,
      });
    }
  });
  return (text) => tests.some((test) => test(text));
}
