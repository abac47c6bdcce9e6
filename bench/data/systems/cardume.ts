import { basename, dirname, join } from 'node:path';
import { host } from '../loopback.ts';
import type { Workload } from '../workload.ts';
import type { System } from './system.ts';

/** What a row of ours differs in. */
export interface CardumeInit {
  /** The command's entry: the sources, or what is installed of it. */
  main: string;
  name?: string;
  note?: string;
  /** More arguments for each part. */
  indexArgs?: readonly string[];
  shareArgs?: readonly string[];
  getArgs?: readonly string[];
}

/** What `cardume get` is asked for, and where to: one file by its name, several as a folder, as the others are. */
function askFor({ files, folder }: Workload, target: string): string[] {
  const [name = ''] = files.keys();
  if (files.size === 1) return [name, '-o', target];
  return [`${basename(folder)}/`, '-o', dirname(target), '--name', basename(target)];
}

/** `cardume share` to `cardume get`, found by name at a `cardume index`. */
export function cardumeSystem(init: CardumeInit): System {
  const { main, indexArgs = [], shareArgs = [], getArgs = [], ...texts } = init;
  const node = process.execPath;
  return {
    name: 'cardume',
    note: 'asks the index, verifies every piece, journals and flushes before the name appears; the start of Node is in its time',
    ...texts,
    programs: [],
    async serve({ workload, folder, target, ends }) {
      const quiet = ['--json', '--log-level', 'error'];
      const database = `sqlite:${join(folder, 'index.db')}`;
      const started = ends.start(
        ...(['helper', node, main, 'index', '--listen', `${host}:0`, '--database', database] as const),
        ...[...indexArgs, ...quiet],
      );
      const index = String((await started.waitForObject('listening')).address);
      const state = join(folder, 'state');
      const peer = ends.start(
        ...(['sender', node, main, 'share', workload.folder, '--index', index, '--state', state] as const),
        ...[...shareArgs, ...quiet],
      );
      await peer.waitForObject('joined');
      const asked = askFor(workload, target);
      // One machine plays both ends here, and what is on it already would be copied.
      return () => ends.run('receiver', node, main, 'get', ...asked, '--no-copy', '--index', index, ...getArgs);
    },
  };
}

/** `cardume --help`: how long the command takes to start. */
export function cardumeHelp(main: string): System {
  return {
    name: 'cardume --help',
    note: 'the start of the command: Node, its modules, and the text',
    programs: [],
    serve:
      async ({ ends }) =>
      () =>
        ends.run('receiver', process.execPath, main, '--help'),
  };
}
