import { parseArgs } from 'node:util';
import { readCount } from '../support/read-arguments.ts';

/** How a soak runs. */
export interface Options {
  help: boolean;
  minutes: number;
  peers: number;
  seed: number;
  save: boolean;
}

export const usage = `npm run soak -- [FLAGS]

  --minutes COUNT   for how long peers come and go (default: 30)
  --peers COUNT     how many (default: 50)
  --seed NUMBER     chooses what happens (default: by the clock, and printed)
  --no-save         print only, and append nothing to bench/RESULTS.md

Ends with 1 when something was wrong at the end.`;

/** @throws Error that says which argument is wrong */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', default: false },
      minutes: { type: 'string', default: '30' },
      peers: { type: 'string', default: '50' },
      seed: { type: 'string', default: `${Date.now() % 1_000_000_007}` },
      'no-save': { type: 'boolean', default: false },
    },
  });
  return {
    help: values.help,
    minutes: readCount('--minutes', values.minutes),
    peers: readCount('--peers', values.peers),
    seed: readCount('--seed', values.seed),
    save: !values['no-save'],
  };
}
