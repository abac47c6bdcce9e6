import { Option } from 'commander';

/**
 * A flag that a `CARDUME_*` variable and the config file can set as well: what belongs to a machine or a user, while
 * plain options belong to one run of the command.
 */
export class Setting extends Option {
  /** The variable's name: `--log-level` is `CARDUME_LOG_LEVEL`. */
  readonly variable: string;
  /** Whether the flag may be given several times, for a list of texts. */
  repeats = false;

  constructor(flags: string, description: string) {
    super(flags, description);
    this.variable = `CARDUME_${this.name().replaceAll('-', '_').toUpperCase()}`;
    this.description = `${description} [${this.variable}]`;
  }

  /**
   * Lets the flag be given several times. (Commander's variadic options would swallow the arguments after them.)
   *
   * @param defaults what it is when nobody gives it; whatever is given replaces all of it. Default: nothing
   */
  repeatable(defaults?: readonly string[]): this {
    this.repeats = true;
    if (defaults !== undefined) this.default(defaults, defaults.join(', '));
    // Commander hands on the default as what was given before the first one.
    return this.argParser((text: string, before: readonly string[] = []) =>
      before === defaults ? [text] : [...before, text],
    );
  }
}
