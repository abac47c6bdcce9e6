import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { readCount, readNames } from '../support/read-arguments.ts';

/** How the benchmark of paths runs. */
export interface Options {
  help: boolean;
  roundTripsMs: readonly number[];
  lossesPercent: readonly number[];
  /** Systems whose names begin so, and ours; undefined: all. */
  against: readonly string[] | undefined;
  rounds: number;
  /** Where source and target are. */
  folder: string;
  save: boolean;
}

export const usage = `npm run bench:paths -- [FLAGS]

  --round-trips MS    (default: 0,10,50,150)
  --losses PERCENT    (default: 0,0.1,1)
  --against NAMES     only systems whose names begin so, and ours (default: all that are installed)
  --rounds COUNT      (default: 1)
  --folder FOLDER     where source and target are (default: the system's temporary folder)
  --no-save           print only, and append nothing to bench/RESULTS.md`;

/** @throws Error that says which argument is wrong */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', default: false },
      'round-trips': { type: 'string', default: '0,10,50,150' },
      losses: { type: 'string', default: '0,0.1,1' },
      against: { type: 'string' },
      rounds: { type: 'string', default: '1' },
      folder: { type: 'string', default: tmpdir() },
      'no-save': { type: 'boolean', default: false },
    },
  });
  return {
    help: values.help,
    roundTripsMs: readNumbers('--round-trips', values['round-trips']),
    lossesPercent: readNumbers('--losses', values.losses),
    against: values.against === undefined ? undefined : readNames('--against', values.against),
    rounds: readCount('--rounds', values.rounds),
    folder: values.folder,
    save: !values['no-save'],
  };
}

function readNumbers(flag: string, text: string): number[] {
  return readNames(flag, text).map((part) => {
    if (!/^\d{1,3}(\.\d+)?$/.test(part)) throw new Error(`${flag}: numbers with commas between, as in 0,10.5`);
    return Number(part);
  });
}
