import { printable } from '@cardume/client';
import type { AskOwner, Question } from '@cardume/peer';
import type { Prompt } from '../adapters/open-prompt.ts';
import { plural } from '../core/units/plural.ts';
import { formatSize } from '../core/units/size.ts';
import type { Context } from './context.ts';

/** Asks whoever is at the terminal, one question at a time. Only a yes is one. */
export function createAskOwner(prompt: Prompt, { terminal }: Pick<Context, 'terminal'>): AskOwner {
  let last: Promise<unknown> = Promise.resolve();
  const ask = async (question: Question, signal: AbortSignal): Promise<boolean> => {
    if (signal.aborted) return false;
    terminal.clearStatus();
    const answer = await prompt.ask(questionText(question), signal);
    if (answer === undefined) terminal.note(signal.aborted ? '\nToo late: it was taken back, or nobody answered.' : '');
    return /^\s*y(es)?\s*$/i.test(answer ?? '');
  };
  return (question, signal) => {
    const asked = last.then(() => ask(question, signal));
    last = asked.catch(() => undefined);
    return asked;
  };
}

function questionText({ name, totalBytes, fileCount, user, host }: Question): string {
  const who = user === undefined ? `Somebody at ${printable(host)}` : `${printable(user)} (${printable(host)})`;
  const what = fileCount === undefined ? printable(name) : `${printable(name)}/ (${plural(fileCount, 'file')})`;
  return `${who} sends ${what}, ${formatSize(totalBytes)}. Take it? [y/N] `;
}
