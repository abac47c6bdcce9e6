import type { Context } from './actions/context.ts';
import { canAsk } from './adapters/can-ask.ts';
import { currentFolder } from './adapters/current-folder.ts';
import { listenForInterruption } from './adapters/listen-for-interruption.ts';
import { openTerminal } from './adapters/open-terminal.ts';
import { statePlace, userPlaces } from './adapters/places.ts';

/** The context of the process that the command runs in. */
export function createContext(process: NodeJS.Process): Context {
  const terminal = openTerminal(process.stdout, process.stderr);
  return {
    terminal,
    interruption: listenForInterruption(process, {
      onOutputFailure: ({ message }) =>
        terminal.note(`${terminal.style('note', 'red', 'cardume:')} cannot write to standard output: ${message}`),
    }),
    secrets: {
      canAsk: canAsk(process),
      async ask(question, signal) {
        const { askSecret } = await import('./adapters/ask-secret.ts');
        return askSecret(process, question, signal);
      },
    },
    nowMs: () => performance.now(),
    cwd: currentFolder(process),
    stateHome: statePlace(userPlaces(process.env)),
    // Empty is how a script says "not set".
    idToken: process.env.CARDUME_ID_TOKEN?.trim() || undefined,
  };
}
