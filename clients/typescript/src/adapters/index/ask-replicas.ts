import { defaultDeadlineMs } from '../grpc/grpc-client.ts';
import { whileLimited } from '../grpc/while-limited.ts';
import type { Replicas } from './replicas.ts';

/**
 * Asks whichever replica answers, and again while that says that this caller is beyond a bound, all within the time of one call.
 *
 * @param ask is told for how long it may take
 * @throws CardumeError what `ask` of the replicas throws, and `whileLimited`
 */
export function askReplicas<Replica extends { readonly target: string }, Result>(
  replicas: Replicas<Replica>,
  ask: (replica: Replica, deadlineMs: number) => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  const endMs = performance.now() + defaultDeadlineMs;
  return whileLimited(() => replicas.ask(ask, endMs), { endMs, signal });
}
