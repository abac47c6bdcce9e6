import type { ServerListener } from '@grpc/grpc-js';
import { Status } from 'nice-grpc';
import type { AnsweredCall } from './answered-call.ts';

/** What becomes of a call with exactly one request. */
export interface OneRequest extends Pick<AnsweredCall, 'call' | 'path' | 'context'> {
  /** `unary` or `server streaming`, for the error. */
  kind: string;
  /** Sends the answer. The context's signal fires when the call is cancelled before that is done. */
  answer: (message: unknown) => Promise<void>;
}

/** Listens to a call until its one request is there; refuses none, and more than one, as grpc-js does. */
export function listenForOneRequest({ call, kind, path, context, answer }: OneRequest): ServerListener {
  let request: { message: unknown } | undefined;
  let isAnswered = false;
  const refuse = (which: string): void => {
    const details = `Received ${which} request message for ${kind} method ${path}`;
    call.sendStatus({ code: Status.UNIMPLEMENTED, details });
  };
  return {
    onReceiveMetadata(metadata) {
      context.received(metadata);
      call.startRead();
    },
    onReceiveMessage(message) {
      if (request !== undefined) refuse('a second');
      else {
        request = { message };
        call.startRead();
      }
    },
    onReceiveHalfClose() {
      if (request === undefined) {
        refuse('no');
        return;
      }
      void answer(request.message).then(() => {
        isAnswered = true;
      });
    },
    onCancel() {
      // It also comes after each call that ended well.
      if (!isAnswered) context.abort();
    },
  };
}
