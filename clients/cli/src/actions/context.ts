import type { Interruption } from '../adapters/listen-for-interruption.ts';
import type { Terminal } from '../adapters/open-terminal.ts';

/** What every action gets of the world around it. */
export interface Context {
  terminal: Terminal;
  interruption: Interruption;
  /** Asks the user for what nobody else is to see. */
  secrets: {
    /** Whether there is a terminal to ask at. */
    readonly canAsk: boolean;
    /** Asks there; elsewhere takes the first line of standard input. Throws as `askSecret` does. */
    ask(question: string, signal: AbortSignal): Promise<string>;
  };
  /** A clock in milliseconds that does not go back. */
  nowMs: () => number;
  /** The folder that the command runs in; undefined when it is there no more. */
  cwd: string | undefined;
  /** The folder for what the command remembers from run to run. */
  stateHome: string;
  /** The id token in `CARDUME_ID_TOKEN`, which proves who its user is to a network that takes such; undefined: there is none. */
  idToken: string | undefined;
}
