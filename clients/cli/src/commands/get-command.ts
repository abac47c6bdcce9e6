import { Command } from 'commander';
import type { GetFlags } from '../actions/get-flags.ts';
import { Setting } from '../core/settings/setting.ts';
import { helpFooter } from './help-text.ts';
import type { Run } from './run.ts';
import {
  durationArgument,
  idTokenFileOption,
  indexOption,
  insecureOption,
  jsonOption,
  rateArgument,
} from './shared-options.ts';

/** `cardume get` */
export function getCommand(run: Run): Command {
  return new Command('get')
    .summary('download files and folders, verified')
    .description(
      'Download files and folders by name or digest. Every piece is verified before it counts, and a file appears under ' +
        'its name only when it is whole. It comes from all who have it, in whole or in part, and what is there is shared with ' +
        'others while the rest comes (without certificates only on this machine, or with --insecure). What this machine has already, in a shared ' +
        'folder or from another download, is copied and verified. What was stopped goes on when the same ' +
        'command is run again, and what is there already is not fetched again.',
    )
    .argument(
      '<name...>',
      'names, or digests of which 8 hex digits or more are given; a / at the end says that a folder is meant',
    )
    .addOption(
      new Setting(
        '-o, --output <folder>',
        'the folder to put them in; - writes the bytes of a single file to standard output, in order and as soon as they ' +
          'are verified, and all else to standard error: it keeps nothing, so that it cannot go on, and shares nothing',
      ).default('.', 'this one'),
    )
    .option('--name <file>', 'the name there, for a single file or folder')
    .option(
      '--force',
      'replace other content that stands under the name, in a folder file by file; with -o - write to a terminal, too',
    )
    .option('--from <host:port>', 'ask only this peer, and no index')
    .addOption(
      new Setting(
        '--limit-down <rate>',
        'take at most so much a second: 50MB/s; with other rates at some times of the day, by the clock of this machine: ' +
          '50MB/s,22:00-06:00=all (default: all that comes)',
      ).argParser(rateArgument),
    )
    .addOption(
      new Setting(
        '--limit-down-each <rate>',
        'take at most so much a second from each who has it (default: all)',
      ).argParser(rateArgument),
    )
    .addOption(
      new Setting('--wait <duration>', 'how long to wait for a holder while there is none')
        .default(30_000, '30s')
        .argParser(durationArgument),
    )
    .option('--no-copy', 'fetch also what other files on this machine have')
    .option(
      '--no-share',
      'do not share large files with others while they come; what is for some users only (share --to) never is',
    )
    .addOption(
      new Setting(
        '--listen <host:port>',
        'where to share them from (default: 127.0.0.1:0; with --insecure, or an index elsewhere, 0.0.0.0:0)',
      ),
    )
    .addOption(
      new Setting('--limit-up <rate>', 'give others at most so much a second (default: all)').argParser(rateArgument),
    )
    .addOption(
      new Setting('--seed <duration>', 'share on for so long when all is there (default: not)').argParser(
        durationArgument,
      ),
    )
    .addOption(insecureOption())
    .addOption(indexOption())
    .addOption(idTokenFileOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      helpFooter(
        [
          { command: 'cardume get ubuntu-24.04.iso', does: 'by name, into this folder' },
          { command: 'cardume get 60aae9c7b428 -o images', does: 'by the first digits of its digest' },
          { command: 'cardume get ubuntu-24.04.iso --limit-down 10MB/s', does: 'and leave room for others' },
          {
            command: 'cardume get models/ --limit-down 10MB/s,20:00-07:00=all',
            does: 'at night as fast as it comes',
          },
          {
            command: 'cardume get big.iso --index 10.0.0.5:50051 --insecure --seed 10m',
            does: 'and share it with those who get it, too, on a network that you trust',
          },
          { command: 'cardume get models/llama/ -o models', does: 'a folder with all that is in it' },
          { command: 'cardume get backup.tar -o - | tar x', does: 'straight into another program' },
          { command: 'cardume get notes.txt --from 10.0.0.7:50052', does: 'from a peer that you know' },
        ],
        ', 3 not shared, 4 not allowed, 130 interrupted,\n  141 the reader of -o - left',
      ),
    )
    .action((names: string[], flags: GetFlags) =>
      run({ ...flags, indexUsed: flags.from === undefined }, async () => {
        const { getFiles } = await import('../actions/get-files.ts');
        return (context) => getFiles(names, flags, context);
      }),
    );
}
