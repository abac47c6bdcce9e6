import { pause } from './pause.ts';

export interface WhileIndexAnswersInit {
  /** Asks the index something that it answers soon; rejects when it does not. */
  ask: (signal: AbortSignal) => Promise<unknown>;
  /** After how long it is asked, and again after each answer, in milliseconds. */
  everyMs: number;
  signal: AbortSignal;
}

/**
 * Makes a call that may take long, and gives it up when the index does not answer another one meanwhile: a call on a path that broke
 * would be waited for until it has no time left, and the lease with it.
 *
 * @throws what the call threw, or the question when that was in vain
 */
export async function whileIndexAnswers<Result>(
  { ask, everyMs, signal }: WhileIndexAnswersInit,
  call: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const over = new AbortController();
  const lost = new AbortController();
  const either = AbortSignal.any([over.signal, signal]);
  const keepAsking = async (): Promise<void> => {
    for (;;) {
      await pause(everyMs, either);
      if (either.aborted) return;
      await ask(either);
    }
  };
  keepAsking().catch((error: unknown) => {
    if (!either.aborted) lost.abort(error);
  });
  try {
    return await call(AbortSignal.any([signal, lost.signal]));
  } catch (error) {
    throw lost.signal.aborted ? lost.signal.reason : error;
  } finally {
    over.abort();
  }
}
