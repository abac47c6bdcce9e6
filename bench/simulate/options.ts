import { parseArgs } from 'node:util';
import { readNames } from '../support/read-arguments.ts';
import { scenarios } from './scenario.ts';

/** What `npm run bench:simulate` can be told. */
export interface Options {
  help: boolean;
  peers: readonly number[];
  seed: number;
  pieces: number;
  only: readonly string[];
  json: boolean;
  save: boolean;
}

const names = scenarios.map(({ name }) => name);

export const usage = `Usage: npm run bench:simulate -- [options]

Simulates how one file gets from one seeder to many peers, by the planner that downloads really use, and appends tables
to bench/RESULTS.md. 10000 takes 3 GiB and some ten minutes for each scenario; all others together, a few minutes.

Options:
  --peers <numbers>  how many downloaders, with commas between (default: 10,100,1000,10000)
  --seed <number>    the same one gives the same result (default: 1)
  --pieces <number>  of how many pieces of 4 MiB the file is (default: 256)
  --only <names>     ${names.join(', ')}; with commas between (default: all)
  --json             one JSON object for each simulation on a line, in place of tables; nothing is saved
  --no-save          print only
  --help             this text
`;

/** Reads the arguments. Throws an Error that says what is wrong with them. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      peers: { type: 'string', default: '10,100,1000,10000' },
      seed: { type: 'string', default: '1' },
      pieces: { type: 'string', default: '256' },
      only: { type: 'string', default: '' },
      json: { type: 'boolean', default: false },
      save: { type: 'boolean', default: true },
    },
  });
  return {
    help: values.help,
    peers: values.peers.split(',').map((text) => readNumber('--peers', text, 100_000)),
    seed: readNumber('--seed', values.seed, 2 ** 31),
    pieces: readNumber('--pieces', values.pieces, 2 ** 20),
    only: readNames('--only', values.only, names),
    json: values.json,
    save: values.save && !values.json,
  };
}

function readNumber(option: string, text: string, most: number): number {
  if (!/^[1-9]\d*$/.test(text) || Number(text) > most) throw new Error(`${option}: a number from 1 to ${most}`);
  return Number(text);
}
