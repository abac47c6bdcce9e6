import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { formatAddress } from '@cardume/client';
import type { StartServer } from '../support/start-servers.ts';
import { fillIndex } from './fill.ts';
import { findGhz, indexCall, type Load, type LoadResult, runGhz } from './ghz.ts';
import { startIndexServer } from './index-server.ts';
import type { Options } from './options.ts';
import { type QueryMessage, queryClasses } from './queries.ts';

const inFlights = [1, 16, 64];
/** Of what takes long, beside one exact search after the other; fewer than one caller may have at once. */
const beside = { kinds: ['two keywords', 'common word', 'glob'], inFlight: 12 };

const echo = { contract: ['--proto', 'bench/index/echo.proto'], call: 'bench.EchoService/Echo' };
const search = indexCall('Search');

/** What searches of one database are measured with. */
interface Measured {
  /** Makes a load for some time. */
  load: (load: Pick<Load, 'address' | 'contract' | 'call' | 'messages' | 'inFlight'>) => Promise<LoadResult>;
  classes: ReadonlyMap<string, QueryMessage[]>;
  address: string;
  echoAddress: string;
  /** Takes a row of the table. */
  add: (kind: string, inFlight: number, result: LoadResult, ratio?: number) => void;
}

/** Searches of each kind at databases of several sizes, beside a bare unary call and a bare SELECT. Returns lines of Markdown. */
export async function measureSearches(
  { rows: sizes, seconds, database }: Options,
  folder: string,
  start: StartServer,
  say: (text: string) => void,
): Promise<string[]> {
  const ghz = findGhz();
  if (ghz === undefined) return ['### Searches', '', 'Skipped: ghz is not installed.', ''];
  const echoAddress = await start.script('bench/servers/echo-server.ts');
  const lines = [
    '### Searches, by ghz',
    '',
    `${seconds} s each; the index and ghz share the machine's processors; 500 different queries of each kind in turn. Ratio: to the bare`,
    'unary call of grpc-js with as many in flight, measured just before.',
    '',
    '| entries | database | kind | in flight | per second | ratio | p50, ms | p99, ms | failed |',
    '|---|---|---|---|---|---|---|---|---|',
  ];
  for (const wanted of sizes) {
    const file = join(folder, `index-${wanted}.db`);
    const server = await startIndexServer(database ?? `sqlite:${file}`, '1h');
    try {
      const rows = await fillIndex(server, wanted, say);
      const sizeText = database === undefined ? `${Math.round(statSync(file).size / 2 ** 20)} MiB` : 'PostgreSQL';
      const measured: Measured = {
        load: (load) => runGhz({ ...load, ghz, folder, length: { seconds } }),
        classes: queryClasses(wanted),
        address: formatAddress(server.address),
        echoAddress,
        add(kind, inFlight, result, ratio) {
          lines.push(row(rows, sizeText, kind, inFlight, result, ratio));
          say(lines.at(-1) ?? '');
        },
      };
      await measureKinds(measured);
      await measureBeside(measured);
      lines.push(`| ${wanted} | | peak RSS of the index | | ${Math.round(server.peakMiB())} MiB | | | | |`);
      say(lines.at(-1) ?? '');
    } finally {
      await server.process.stop();
    }
    if (database === undefined)
      lines.push(`| ${wanted} | | bare SELECT by key, in one process | 1 | ${bareSelect(file)} | | | | |`);
  }
  return [...lines, ''];
}

async function measureKinds({ load, classes, address, echoAddress, add }: Measured): Promise<void> {
  for (const inFlight of inFlights) {
    const messages = [{ payload: Buffer.alloc(40).toString('base64') }];
    const bare = await load({ ...echo, address: echoAddress, messages, inFlight });
    add('bare unary call', inFlight, bare);
    for (const [kind, queries] of classes) {
      const result = await load({ ...search, address, messages: queries, inFlight });
      add(kind, inFlight, result, result.perSecond / bare.perSecond);
    }
  }
}

/** How long an exact search takes while others go on that take long. */
async function measureBeside({ load, classes, address, add }: Measured): Promise<void> {
  for (const kind of beside.kinds) {
    const [exact] = await Promise.all([
      load({ ...search, address, messages: classes.get('exact') ?? [], inFlight: 1 }),
      load({ ...search, address, messages: classes.get(kind) ?? [], inFlight: beside.inFlight }),
    ]);
    add(`exact, beside ${beside.inFlight} × ${kind}`, 1, exact);
  }
}

function row(rows: number, size: string, kind: string, inFlight: number, result: LoadResult, ratio?: number): string {
  const { perSecond, p50Ms, p99Ms, failed } = result;
  const ratioText = ratio === undefined ? '' : ratio.toFixed(2);
  return `| ${rows} | ${size} | ${kind} | ${inFlight} | ${Math.round(perSecond)} | ${ratioText} | ${p50Ms.toFixed(2)} | ${p99Ms.toFixed(2)} | ${failed} |`;
}

/** How many rows of names one process reads by their keys, per second. */
function bareSelect(file: string): number {
  const connection = new DatabaseSync(file, { readOnly: true });
  const read = connection.prepare('SELECT name FROM names WHERE name_key = ?');
  const { last } = connection.prepare('SELECT max(name_key) AS last FROM names').get() as { last: number };
  const startMs = performance.now();
  let count = 0;
  for (; performance.now() - startMs < 1_000; count += 100) {
    for (let at = 0; at < 100; at += 1) read.get(1 + Math.floor(Math.random() * last));
  }
  connection.close();
  return Math.round((count / (performance.now() - startMs)) * 1_000);
}
