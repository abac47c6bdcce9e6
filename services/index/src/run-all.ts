import { messageOf } from '@cardume/client';
import type { Logger } from '@cardume/service-kit';

/**
 * Runs steps one after the other, also those after one that failed: what has to be closed is closed. Failures after the
 * first one are logged.
 *
 * @throws what the first step that failed threw
 */
export async function runAll(steps: readonly (() => Promise<unknown>)[], logger: Logger): Promise<void> {
  let first: { error: unknown } | undefined;
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      if (first !== undefined) logger.error({ error: messageOf(error) }, 'stopping failed');
      first ??= { error };
    }
  }
  if (first !== undefined) throw first.error;
}
