import type { ServerListener } from '@grpc/grpc-js';
import { Status } from 'nice-grpc';
import type { AnsweredCall } from './answered-call.ts';
import { RequestIntake } from './request-intake.ts';

/** What becomes of a call with exactly one request. */
export interface OneRequest {
  answered: AnsweredCall;
  /** `unary` or `server streaming`, for the error. */
  kind: string;
  /** Sends the answer. The context's signal fires when the call is cancelled before that is done. */
  answer: (message: unknown) => Promise<void>;
}

/** Listens to a call until its one request is there; refuses none, and more than one, as grpc-js does. */
export function listenForOneRequest({ answered, kind, answer }: OneRequest): ServerListener {
  const { call, path, context } = answered;
  let request: { message: unknown } | undefined;
  let isRefused = false;
  let isAnswered = false;
  const intake = new RequestIntake(answered, (error) => {
    isRefused = true;
    answered.refuse(answered, error);
  });
  const refuse = (which: string): void => {
    isRefused = true;
    const details = `Received ${which} request message for ${kind} method ${path}`;
    call.sendStatus({ code: Status.UNIMPLEMENTED, details });
  };
  return {
    onReceiveMetadata(metadata) {
      if (!intake.open(metadata)) return;
      intake.expect();
      call.startRead();
    },
    onReceiveMessage(message) {
      if (isRefused) return;
      if (request !== undefined) refuse('a second');
      else {
        request = { message };
        call.startRead();
      }
    },
    onReceiveHalfClose() {
      if (isRefused) return;
      intake.complete();
      if (request === undefined) {
        refuse('no');
        return;
      }
      void answer(request.message).then(() => {
        isAnswered = true;
      });
    },
    onCancel() {
      intake.close();
      // It also comes after each call that ended well.
      if (!isAnswered) context.abort();
    },
  };
}
