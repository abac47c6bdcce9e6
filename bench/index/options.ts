import { parseArgs } from 'node:util';
import { readCount, readNames } from '../support/read-arguments.ts';

/** What the benchmark of the index measures. */
export const parts = ['search', 'publish', 'renew', 'restart', 'replicas'] as const;
export type Part = (typeof parts)[number];

const rowCounts = { '10k': 10_000, '100k': 100_000, '1M': 1_000_000, '10M': 10_000_000 };

/** How the benchmark of the index runs. */
export interface Options {
  help: boolean;
  only: readonly Part[];
  /** How many entries the lists have together, for searches. */
  rows: readonly number[];
  /** How many peers renew. */
  peers: number;
  /** For how long each load is kept up. */
  seconds: number;
  /** Where databases are made; those for searches stay there, if it is given. */
  folder: string | undefined;
  /** `postgres://…` instead of SQLite; an empty database. */
  database: string | undefined;
  save: boolean;
}

export const usage = `npm run bench:index -- [FLAGS]

  --only PARTS      of ${parts.join(',')}
  --rows COUNTS     of 10k,100k,1M,10M (default: 10k,100k,1M): entries in the lists, for searches
  --peers COUNT     peers that renew (default: 100000)
  --seconds COUNT   how long each load is kept up (default: 5)
  --folder FOLDER   where databases are made; those for searches are kept there, and used again
  --database URL    postgres://… of an empty database, in the place of SQLite; not for restart; replicas need it
  --no-save         print only, and append nothing to bench/RESULTS.md`;

/** @throws Error that says which argument is wrong */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', default: false },
      only: { type: 'string', default: parts.join(',') },
      rows: { type: 'string', default: '10k,100k,1M' },
      peers: { type: 'string', default: '100000' },
      seconds: { type: 'string', default: '5' },
      folder: { type: 'string' },
      database: { type: 'string' },
      'no-save': { type: 'boolean', default: false },
    },
  });
  const rows = readNames('--rows', values.rows, Object.keys(rowCounts));
  return {
    help: values.help,
    only: readNames('--only', values.only, parts) as Part[],
    rows: rows.map((name) => rowCounts[name as keyof typeof rowCounts]),
    peers: readCount('--peers', values.peers),
    seconds: readCount('--seconds', values.seconds),
    folder: values.folder,
    database: values.database,
    save: !values['no-save'],
  };
}
