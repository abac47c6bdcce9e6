import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readCount, readNames, readSize } from '../support/read-arguments.ts';

/** What `--only` calls the parts. */
export const partNames = ['aggregation', 'distribution', 'faults', 'small-files'] as const;

/** What `npm run bench:swarm` can be told. */
export interface Options {
  help: boolean;
  /** Names of parts; all when empty. */
  only: readonly string[];
  /** Beginnings of names of systems; all when empty. Ours always runs. */
  against: readonly string[];
  rounds: number;
  /** Instead of each part's own size; see `usage`. */
  sizeBytes: number | undefined;
  /** Instead of each part's own numbers of sources or downloaders. */
  counts: readonly number[] | undefined;
  /** Faults; all when empty. */
  faults: readonly string[];
  folder: string | undefined;
  main: string;
  save: boolean;
  json: boolean;
}

/** The text of `--help`. @param faultNames what `--faults` knows */
export function usage(faultNames: readonly string[]): string {
  return `Usage: npm run bench:swarm -- [options]

Moves files between many machines, each a network namespace with a shaped uplink, with cardume and with what others use,
in turn, and appends tables to bench/RESULTS.md. It wants root, Linux and iproute2; what else is not installed is left out.

Options:
  --only <names>     ${partNames.join(', ')}; with commas between (default: all)
  --rounds <number>  how often each system does each work (default: 3)
  --size <size>      aggregation: of the file, for each source (default: 512MiB); distribution: of the file
                     (default: 512MiB); faults: of the file (default: 448MiB); small-files: no meaning
  --count <numbers>  aggregation: how many sources (default: 1,2,4,8); distribution: how many downloaders
                     (default: 1,2,4,8,16)
  --faults <names>   ${faultNames.join(', ')} (default: all)
  --against <names>  only systems whose names begin so, with commas between, and ours (default: all)
  --folder <folder>  where all machines have their files (default: /dev/shm, as one disk would be everybody's limit; for
                     small files the system's temporary folder)
  --cardume <file>   the command's entry (default: the sources)
  --json             print each run as a JSON object, and no tables
  --no-save          print only
  --help             this text
`;
}

/** Reads the arguments. Throws an Error that says what is wrong with them. */
export function readOptions(args: readonly string[], faultNames: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      only: { type: 'string', default: '' },
      rounds: { type: 'string', default: '3' },
      size: { type: 'string' },
      count: { type: 'string' },
      faults: { type: 'string', default: '' },
      against: { type: 'string', default: '' },
      folder: { type: 'string' },
      cardume: { type: 'string', default: join(import.meta.dirname, '../../clients/cli/src/cardume.js') },
      json: { type: 'boolean', default: false },
      save: { type: 'boolean', default: true },
    },
  });
  return {
    help: values.help,
    only: readNames('--only', values.only, partNames),
    rounds: readCount('--rounds', values.rounds),
    sizeBytes: values.size === undefined ? undefined : readSize('--size', values.size),
    counts: values.count?.split(',').map((text) => readCount('--count', text)),
    faults: readNames('--faults', values.faults, faultNames),
    against: readNames('--against', values.against),
    folder: values.folder === undefined ? undefined : resolve(values.folder),
    main: resolve(values.cardume),
    save: values.save,
    json: values.json,
  };
}
