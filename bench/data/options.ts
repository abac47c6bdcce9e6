import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readCount, readNames, readSize } from '../support/read-arguments.ts';
import { comparisonNames } from './comparisons.ts';

/** What `make bench-data` can be told. */
export interface Options {
  help: boolean;
  fileSizeBytes: number;
  rounds: number;
  folder: string;
  /** Names of comparisons; all when empty. */
  only: readonly string[];
  /** Parts of names of systems; all when empty. Ours always runs. */
  against: readonly string[];
  main: string;
  save: boolean;
}

export const usage = `Usage: npm run bench:data -- [options]      or: make bench-data ARGS='[options]'

Moves files over loopback with cardume and with what others use, in turn, and appends a table to bench/RESULTS.md.

Options:
  --size <size>       how large the one large file is: 1GiB, 256MiB (default: 1GiB)
  --rounds <number>   how often each system does each work (default: 7)
  --folder <folder>   where source and target are; a tmpfs leaves the disk out (default: the system's temporary folder)
  --only <names>      ${comparisonNames.join(', ')}; with commas between (default: all)
  --against <names>   only systems whose names begin so, with commas between, and ours (default: all)
  --cardume <file>    the command's entry (default: the sources); what is installed starts faster
  --no-save           print only
  --help              this text
`;

/** Reads the arguments. Throws an Error that says what is wrong with them. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      size: { type: 'string', default: '1GiB' },
      rounds: { type: 'string', default: '7' },
      folder: { type: 'string', default: tmpdir() },
      only: { type: 'string', default: '' },
      against: { type: 'string', default: '' },
      cardume: { type: 'string', default: join(import.meta.dirname, '../../clients/cli/src/cardume.js') },
      save: { type: 'boolean', default: true },
    },
  });
  return {
    help: values.help,
    fileSizeBytes: readSize('--size', values.size),
    rounds: readCount('--rounds', values.rounds),
    folder: resolve(values.folder),
    only: readNames('--only', values.only, comparisonNames),
    against: readNames('--against', values.against),
    main: resolve(values.cardume),
    save: values.save,
  };
}
