import { CardumeError } from '../../errors/cardume-error.ts';

/**
 * The error of a call that no server could answer: what the last one said, and besides what came of each of them.
 *
 * @param targets `HOST:PORT` of each server
 * @param failures of those that were asked, by their places in `targets`, in the order in which they were asked
 */
export function noneAnswers(targets: readonly string[], failures: ReadonlyMap<number, CardumeError>): CardumeError {
  const last = [...failures.values()].at(-1);
  if (last === undefined || targets.length === 1) return last ?? new CardumeError('UNREACHABLE', 'no index is known');
  const problems = [...failures].map(([place, { message }]) => {
    const target = targets[place] ?? '';
    const isNamed = [' ', ':'].some((end) => message.startsWith(`index ${target}${end}`));
    return isNamed ? message : `index ${target}: ${message}`;
  });
  const unasked = targets
    .filter((_, place) => !failures.has(place))
    .map((target) => `index ${target}: no time was left`);
  return new CardumeError(last.reason, `no index answers: ${[...problems, ...unasked].join('; ')}`, {
    cause: last,
    ...(last.retryDelayMs === undefined ? {} : { retryDelayMs: last.retryDelayMs }),
  });
}
