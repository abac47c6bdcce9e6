import { CardumeError } from '@cardume/client';
import { firstMessageTimeoutMs } from '../../core/relay/relay-limits.ts';
import type { After } from '../../core/relay/tunnel.ts';

/**
 * Waits for the first message of a stream, and leaves the others to be read.
 *
 * @throws CardumeError INVALID_FIELD when the stream ends without one; TIMED_OUT when none comes within 10 s
 */
export async function firstMessage<Message>(
  messages: AsyncIterable<Message>,
  after: After,
): Promise<{ first: Message; rest: AsyncIterable<Message> }> {
  const iterator = messages[Symbol.asyncIterator]();
  const late = Promise.withResolvers<never>();
  const callOff = after(firstMessageTimeoutMs, () =>
    late.reject(
      new CardumeError('TIMED_OUT', `the first message did not come within ${firstMessageTimeoutMs / 1_000} s`),
    ),
  );
  try {
    const { done, value } = await Promise.race([iterator.next(), late.promise]);
    if (done === true) throw CardumeError.invalidField('request', 'the stream has no first message');
    return { first: value, rest: { [Symbol.asyncIterator]: () => iterator } };
  } finally {
    callOff();
  }
}
