import { Command, Option } from 'commander';
import type { SearchFlags } from '../actions/search-files.ts';
import { Setting } from '../core/settings/setting.ts';
import { helpFooter } from './help-text.ts';
import type { Run } from './run.ts';
import {
  countArgument,
  idTokenFileOption,
  indexOption,
  jsonOption,
  plainIndexOption,
  sizeArgument,
} from './shared-options.ts';

/** `cardume search` */
export function searchCommand(run: Run): Command {
  const modes = ['exact', 'prefix', 'glob', 'digest'];
  const mode = (name: string, description: string): Option =>
    new Option(`--${name}`, description).conflicts(modes.filter((other) => other !== name));
  return new Command('search')
    .summary('find files and folders by name or digest')
    .description(
      'Find files and folders. Without a mode, names with every word in them are found, in any order; ' +
        'a word that begins with - must not be in the name. "some text" is one word, * and ? stand for any characters ' +
        'and for one, and ext:iso, size:>1G, size:1MB..2GB and digest:0123abcd filter. When nothing is found, ' +
        'queries that may have been meant are named, with --json as an object of the type suggestions.',
    )
    .argument('<query...>', 'words, or what the mode asks for')
    .addOption(mode('exact', 'the file whose whole name, or last part of it, is the query'))
    .addOption(mode('prefix', 'names that begin with the query'))
    .addOption(mode('glob', 'names that match a pattern of * and ?'))
    .addOption(mode('digest', 'files whose digest begins with the query, 8 hex digits or more'))
    .option('--ext <extension>', 'only names with this extension, such as iso or tar.gz')
    .addOption(new Option('--min-size <size>', 'only files of at least this size: 10MB').argParser(sizeArgument))
    .addOption(new Option('--max-size <size>', 'only files of at most this size: 1.5GiB').argParser(sizeArgument))
    .addOption(new Setting('--limit <count>', 'show so many at the most; 0: all').default(50).argParser(countArgument))
    .addOption(indexOption())
    .addOption(idTokenFileOption())
    .addOption(plainIndexOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      helpFooter(
        [
          { command: 'cardume search ubuntu server', does: 'names with both words' },
          { command: 'cardume search ubuntu --ext iso --min-size 1GB', does: 'large images only' },
          { command: 'cardume search -- ubuntu -desktop', does: 'names without a word: flags end at --' },
          { command: `cardume search 'ubuntu*amd64 size:>1GB'`, does: 'the same in one query, and by pattern' },
          { command: "cardume search --glob 'model-??.safetensors'", does: 'by pattern' },
          { command: 'cardume search llama --json | jq -r .digest', does: 'for a program' },
        ],
        ', 3 nothing found, 130 interrupted',
      ),
    )
    .action((words: string[], flags: SearchFlags) =>
      run(flags, async () => {
        const { searchFiles } = await import('../actions/search-files.ts');
        return (context) => searchFiles(words, flags, context);
      }),
    );
}
