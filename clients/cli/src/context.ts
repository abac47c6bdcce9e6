import { homedir } from 'node:os';
import { type Interruption, listenForInterruption } from './adapters/listen-for-interruption.ts';
import { openTerminal, type Terminal } from './adapters/open-terminal.ts';
import { statePlace } from './adapters/places.ts';

/** What every action gets of the world around it. */
export interface Context {
  terminal: Terminal;
  interruption: Interruption;
  /** A clock in milliseconds that does not go back. */
  nowMs: () => number;
  /** The folder that the command runs in. */
  cwd: string;
  /** The folder for what the command remembers from run to run. */
  stateHome: string;
}

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
