import { describe, test } from '@jest/globals';

/** A program that a suite needs and that npm does not bring. */
export interface Tool {
  /** What it is called in the name of a skipped suite. */
  name: string;
  /** What to run, when it is here. */
  command: string | undefined;
}

/**
 * A suite that needs a tool. Where the tool is missing, the suite is skipped under a name that says so; with
 * CARDUME_REQUIRE_TOOLS=1, as in CI, that is a failure.
 *
 * @param body gets the tool's command
 */
export function describeWith(tool: Tool, title: string, body: (command: string) => void): void {
  const { name, command } = tool;
  if (command !== undefined) {
    describe(title, () => body(command));
  } else if (process.env.CARDUME_REQUIRE_TOOLS === '1') {
    test(`${title}: needs ${name}`, () => {
      throw new Error(`${name} is missing, and CARDUME_REQUIRE_TOOLS=1 says that it must be there`);
    });
  } else {
    // jest prints no names when it runs many files.
    process.stderr.write(`skipped: ${title}: needs ${name}\n`);
    test.skip(`${title}: needs ${name}`, () => {});
  }
}
