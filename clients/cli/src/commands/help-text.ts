/** An example in a help text: what to type, and what it does. */
export interface Example {
  command: string;
  does: string;
}

/**
 * What stands below the options in a subcommand's help.
 *
 * @param otherExitCodes those that it has besides 0, 1 and 2, beginning with a comma
 */
export function helpFooter(examples: readonly Example[], otherExitCodes = ''): string {
  return [
    '',
    'Examples:',
    ...examples.flatMap(({ command, does }) => [`  # ${does}`, `  ${command}`]),
    '',
    `Exit codes: 0 done, 1 failed, 2 wrong usage${otherExitCodes}`,
    'A flag comes before its [VARIABLE], and that before the config file (cardume --help).',
  ].join('\n');
}
