import { homedir } from 'node:os';
import type { Context } from './actions/context.ts';
import { listenForInterruption } from './adapters/listen-for-interruption.ts';
import { openTerminal } from './adapters/open-terminal.ts';
import { statePlace } from './adapters/places.ts';

/** The context of the process that the command runs in. */
export function createContext(process: NodeJS.Process): Context {
  return {
    terminal: openTerminal(process.stdout, process.stderr),
    interruption: listenForInterruption(process),
    nowMs: () => performance.now(),
    cwd: process.cwd(),
    stateHome: statePlace({ env: process.env, home: homedir() }),
  };
}
