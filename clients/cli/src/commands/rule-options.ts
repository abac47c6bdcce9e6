import { Option } from 'commander';
import { sizeArgument } from './shared-options.ts';

/**
 * The flags that say what is taken of what others send. Those of a share are `--inbox-from`, `--inbox-yes`, `--inbox-ask`,
 * `--inbox-max-size`, `--inbox-quota`, `--inbox-types` and `--inbox-share-on`.
 *
 * @param prefix what stands before their names: `inbox-`
 */
export function ruleOptions(prefix = ''): Option[] {
  const several = (text: string, before: string[] = []): string[] => [...before, text];
  return [
    new Option(
      `--${prefix}from <user>`,
      'take what this user sends, and of nobody else; with commas between, or repeated; needs a network with certificates',
    ).argParser(several),
    new Option(`--${prefix}yes`, 'take what anybody sends, within the other rules'),
    new Option(
      `--${prefix}ask`,
      'ask at the terminal, also for what --from names (default: where there is no other rule)',
    ),
    new Option(`--${prefix}max-size <size>`, 'nothing larger: 10GB').argParser(sizeArgument),
    new Option(`--${prefix}quota <size>`, 'nothing when the folder would have more than this in it').argParser(
      sizeArgument,
    ),
    new Option(`--${prefix}types <list>`, 'only files that end so: iso,mp4').argParser(several),
    new Option(`--${prefix}share-on`, 'share what is in the folder with everyone on the index (default: not)'),
  ];
}
