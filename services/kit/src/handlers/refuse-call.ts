import { CardumeError } from '@cardume/client';
import type { Metadata } from '@grpc/grpc-js';
import { Status } from 'nice-grpc';
import { type RefuseCall, sendOutcome } from './answered-call.ts';
import type { BeginCall } from './observe-calls.ts';
import type { RunCall } from './run-call.ts';

interface Known {
  code: Status;
  details: string;
  metadata: Metadata | null;
}

/**
 * Makes what refuses calls.
 *
 * What an error is to a caller is remembered for as long as there is the error: a bound that is reached has one, and to make
 * a status of it takes longer than the rest of a refused call.
 */
export function createRefuseCall(begin: BeginCall, run: RunCall): RefuseCall {
  const known = new WeakMap<CardumeError, Known>();
  return (answered, error) => {
    const { call, path, context, origin } = answered;
    const before = CardumeError.is(error) ? known.get(error) : undefined;
    if (before !== undefined && CardumeError.is(error)) {
      begin(path, context)({ status: Status[before.code] ?? 'UNKNOWN', reason: error.reason });
      call.sendStatus(before);
    } else {
      void run(answered, () => Promise.reject(error)).then((outcome) => {
        sendOutcome(answered, outcome);
        const { code, details } = outcome;
        if (CardumeError.is(error)) known.set(error, { code, details, metadata: context.grpcTrailer() ?? null });
      });
    }
    origin.connection?.refused();
  };
}
