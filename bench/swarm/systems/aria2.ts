import { program } from '../../data/program.ts';

/** aria2's command. */
export const aria2 = program({
  name: 'aria2',
  command: 'aria2c',
  versionArgs: ['--version'],
  pattern: /^aria2 version ([\d.]+)/,
});

/** What it is always told: nobody's settings, and room made before bytes come. */
export const aria2Flags = ['-q', '--no-conf', '--file-allocation=falloc', '-k', '1M'];
