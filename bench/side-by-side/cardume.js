// Cardume as one of the systems of a harness outside this repository, which measures each in namespaces of its own: copied into
// its `peers/` as `cardume.mjs`. The environment says where the checkout is (CARDUME), and which flags `get` has besides
// (CARDUME_GET). A system has `serve`, which starts a sender, and `get`, which fetches and says where; see bench/README.md.
import { mkdirSync } from 'node:fs';
import { basename } from 'node:path';

const checkout = process.env.CARDUME;
const node = `${checkout}/node_modules/.bin/node`;
const main = `${checkout}/clients/cli/src/cardume.js`;
const index = '127.0.0.1:50051';
const extraFlags = (process.env.CARDUME_GET ?? '').split(' ').filter((flag) => flag !== '');
// What is compiled is kept between runs, as on a user's machine; who each end is, is not.
const home = process.env.CARDUME_HOME ?? '/tmp/cardume-side-by-side';
/** @type {unknown} */
let indexProcess;

/**
 * What of the harness is used.
 *
 * @typedef {{
 *   tmp: string,
 *   dst: string,
 *   spawn(end: string, command: string[], options: object): unknown,
 *   line(process: unknown, pattern: RegExp): Promise<unknown>,
 *   exec(end: string, command: string[], options: object): Promise<unknown>,
 * }} Run
 * @typedef {{ root: string, one: string | null }} Workload
 */

const environment = (/** @type {Run} */ run, /** @type {string} */ end) => ({
  env: { HOME: home, XDG_STATE_HOME: `${run.tmp}/${end}` },
});

export const peers = {
  cardume: {
    /**
     * @param {Run} run
     * @param {Workload} workload
     * @param {{ index: number }} which
     */
    async serve(run, workload, { index: number }) {
      mkdirSync(home, { recursive: true });
      if (indexProcess === undefined) {
        const flags = ['--listen', index, '--database', `sqlite:${run.tmp}/index.db`, '--json'];
        indexProcess = run.spawn('x', [node, main, 'index', ...flags], environment(run, 'index'));
        await run.line(indexProcess, /listening/);
      }
      const flags = ['--listen', `127.0.0.1${number}:50052`, '--index', index, '--json'];
      const proc = run.spawn('a', [node, main, 'share', workload.root, ...flags], environment(run, `peer-${number}`));
      await run.line(proc, /"joined"/);
      return { proc };
    },
    /**
     * @param {Run} run
     * @param {Workload} workload
     */
    async get(run, workload) {
      const folder = basename(workload.root);
      const flags = ['-o', run.dst, '--index', index, '--no-copy', ...extraFlags];
      await run.exec('b', [node, main, 'get', workload.one ?? `${folder}/`, ...flags], environment(run, 'get'));
      return workload.one === null ? `${run.dst}/${folder}` : run.dst;
    },
  },
};
