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

  /** Lets the flag be given several times. (Commander's variadic options would swallow the arguments after them.) */
  repeatable(): this {
    this.repeats = true;
    return this.argParser((text: string, before: string[] = []) => [...before, text]);
  }
}
