import type { ServerListener } from '@grpc/grpc-js';
import type { AnsweredCall } from './answered-call.ts';
import { decoded } from './late-decoding.ts';
import { RequestIntake } from './request-intake.ts';
import { untilAborted } from './until-aborted.ts';

type NextMessage = IteratorResult<unknown, undefined>;

/** How long the answer of a call has to leave whose caller has not ended its side, in milliseconds. */
const statusGraceMs = 1_000;

const end = { done: true, value: undefined } as const;

/**
 * Listens to a call with any number of requests. Each is read when the handler wants it, so that only one is in memory.
 *
 * @param answer sends the answer, by the requests of the caller. These end with what the call is refused with, and when it is
 *   cancelled, which the context's signal tells as well
 * @param isPatient whether those after the first may take as long as they like
 */
export function listenForMessages(
  answered: AnsweredCall,
  answer: (requests: AsyncIterable<unknown>) => Promise<void>,
  { isPatient = false }: { isPatient?: boolean } = {},
): ServerListener {
  const { call, context } = answered;
  let isAnswered = false;
  let wanted: PromiseWithResolvers<NextMessage> | undefined;
  let hasEnded = false;
  let failure: { error: unknown } | undefined;
  let isBegun = false;
  let isFirst = true;
  const intake = new RequestIntake(answered, (error) => {
    if (!isBegun) {
      answered.refuse(answered, error);
      return;
    }
    failure = { error };
    wanted?.reject(error);
    wanted = undefined;
    answered.origin.connection?.refused();
  });
  const give = (next: NextMessage): void => {
    intake.received();
    wanted?.resolve(next);
    wanted = undefined;
  };
  const messages: AsyncIterable<unknown> = {
    [Symbol.asyncIterator]: () => ({
      async next() {
        if (failure !== undefined) throw failure.error;
        intake.release();
        if (hasEnded) return end;
        wanted = Promise.withResolvers<NextMessage>();
        const { promise } = wanted;
        if (isFirst || !isPatient) intake.expect();
        isFirst = false;
        call.startRead();
        const next = await promise;
        return next.done === true ? next : { done: false, value: decoded(next.value) };
      },
    }),
  };
  return {
    onReceiveMetadata(metadata) {
      if (!intake.open(metadata)) return;
      isBegun = true;
      // A handler that waits for the caller's next message does not look at its signal meanwhile.
      void answer(untilAborted(messages, context.signal)).then(() => {
        isAnswered = true;
      });
    },
    onReceiveMessage: (value) => give({ done: false, value }),
    onReceiveHalfClose() {
      hasEnded = true;
      intake.complete();
      give(end);
    },
    onCancel() {
      intake.close({ afterMs: statusGraceMs });
      // It also comes after each call that ended well.
      if (!isAnswered) context.abort();
    },
  };
}
