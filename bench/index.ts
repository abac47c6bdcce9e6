// `make bench-index`: the index under load, by ghz and by peers of ours; appends what it found to bench/RESULTS.md.
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killIndexServers } from './index/index-server.ts';
import { type Options, type Part, readOptions, usage } from './index/options.ts';
import { measurePublish } from './index/publish-part.ts';
import { measureRenewals } from './index/renew-part.ts';
import { measureReplicas } from './index/replicas-part.ts';
import { measureRestart } from './index/restart-part.ts';
import { measureSearches } from './index/search-part.ts';
import { appendResults } from './support/append-results.ts';
import { describeRun } from './support/describe-run.ts';
import { interruptible, runMain } from './support/run-main.ts';
import { withServers } from './support/start-servers.ts';

async function main(args: readonly string[], options: Options): Promise<void> {
  if (!existsSync('/proc/self/stat')) throw new Error('it reads CPU and memory of processes from /proc: Linux only');
  const kept = options.folder;
  if (kept !== undefined) mkdirSync(kept, { recursive: true });
  const folder = mkdtempSync(join(kept ?? tmpdir(), 'cardume-bench-'));
  const say = (text: string): void => console.error(text);
  const databaseOf = (name: string): string => options.database ?? `sqlite:${join(folder, `${name}.db`)}`;
  const runs: Record<Part, () => Promise<string[]>> = {
    search: () => withServers((start) => measureSearches(options, kept ?? folder, start, say)),
    publish: () => measurePublish(databaseOf('publish'), folder, say),
    renew: () => measureRenewals(databaseOf('renew'), options.peers, folder, say),
    restart: () => measureRestart(`sqlite:${join(folder, 'restart.db')}`, say),
    replicas: async () =>
      options.database === undefined
        ? ['### Replicas', '', 'Skipped: no --database.', '']
        : measureReplicas(options.database, say),
  };
  await interruptible(async (signal) => {
    const interrupted = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
    try {
      const tables: string[] = [];
      for (const part of options.only) tables.push(...(await Promise.race([runs[part](), interrupted])));
      const command = ['npm run bench:index --', ...args].join(' ').replace(/postgres:\S+/, 'postgres://…');
      const lines = [...describeRun({ command, method: 'one run' }), '', ...tables];
      console.log(lines.join('\n'));
      if (options.save) appendResults(lines);
    } finally {
      killIndexServers();
      rmSync(folder, { recursive: true, force: true });
    }
  });
  // Loads that were interrupted would go on.
  process.exit();
}

await runMain(usage, readOptions, main);
