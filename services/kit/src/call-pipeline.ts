import type { ServerInterceptor } from '@grpc/grpc-js';
import { composeServerMiddleware } from 'nice-grpc';
import { errorDetailsServerMiddleware } from 'nice-grpc-error-details';
import type { CallGate } from './core/call-gate.ts';
import type { CallObserver } from './core/call-observer.ts';
import { CallAccounts, type CallBounds, defaultCallBounds } from './core/calls/call-accounts.ts';
import { CallRates } from './core/calls/call-rates.ts';
import { WaitingCalls } from './core/calls/waiting-calls.ts';
import { checkRate } from './core/check-rate.ts';
import type { FindConnection } from './core/connections/connection-use.ts';
import { callsPerSecond, defaultStallTimeoutMs, requestTimeoutMs } from './core/limits.ts';
import { logCalls } from './core/log-calls.ts';
import type { Logger } from './core/logger.ts';
import { createAnsweringInterceptor } from './handlers/answer-calls.ts';
import { createErrorMiddleware } from './handlers/error-middleware.ts';
import type { MethodHandlers } from './handlers/method-handlers.ts';
import { createBeginCall } from './handlers/observe-calls.ts';
import type { RawStreams } from './handlers/raw-stream.ts';
import { createRefuseCall } from './handlers/refuse-call.ts';
import { createRunCall } from './handlers/run-call.ts';
import { createTerminator, type Terminator } from './handlers/terminator.ts';

/** What the pipeline of a server works with: see `ServerInit`. */
export interface CallPipelineInit {
  services: readonly { rawStreams: RawStreams; handlers: MethodHandlers }[];
  logger: Logger;
  gate?: CallGate | undefined;
  calls?: readonly CallObserver[] | undefined;
  callBounds?: Partial<CallBounds> | undefined;
  callsPerSecond?: number | false | undefined;
  requestTimeoutMs?: number | undefined;
  stallTimeoutMs?: number | undefined;
  nowMs?: (() => number) | undefined;
  /** Default: connections are not told of their calls. */
  findConnection?: FindConnection | undefined;
}

/** What every call of a server goes through before its handler, whatever carries it. */
export interface CallPipeline {
  /** Answers the calls of the services. */
  readonly interceptor: ServerInterceptor;
  /** Knows the calls that are open, and ends them. */
  readonly terminator: Terminator;
  /** What callers have under way. */
  readonly accounts: Pick<CallAccounts, 'callCount' | 'callerCount' | 'heldBytes'>;
  /** Ends calls whose messages do not come; to be called every now and then. */
  endOverdue(): void;
}

/** Makes the pipeline of a server. @throws CardumeError INVALID_FIELD for a rate of calls that cannot be meant */
export function createCallPipeline(init: CallPipelineInit): CallPipeline {
  const { services, logger, gate, calls = [], nowMs = () => performance.now(), findConnection } = init;
  const rate = init.callsPerSecond ?? callsPerSecond;
  checkRate(rate, '--calls-per-second');
  const terminator = createTerminator();
  const begin = createBeginCall([logCalls(logger), ...calls], nowMs);
  const errorMiddleware = composeServerMiddleware(errorDetailsServerMiddleware, createErrorMiddleware(logger));
  const run = createRunCall({ begin, terminator, errorMiddleware });
  const waiting = new WaitingCalls(init.requestTimeoutMs ?? requestTimeoutMs);
  const accounts = new CallAccounts({ ...defaultCallBounds, ...init.callBounds }, () => waiting.endFirst());
  const rates = rate === false ? undefined : new CallRates(rate, nowMs, gate !== undefined);
  return {
    interceptor: createAnsweringInterceptor({
      rawStreams: new Map(services.flatMap(({ rawStreams }) => [...rawStreams])),
      unary: new Map(services.flatMap(({ handlers }) => [...handlers.unary])),
      clientStreams: new Map(services.flatMap(({ handlers }) => [...handlers.clientStreams])),
      bidiStreams: new Map(services.flatMap(({ handlers }) => [...handlers.bidiStreams])),
      bothStreams: new Map(services.flatMap(({ handlers }) => [...handlers.bothStreams])),
      gate,
      findConnection,
      run,
      refuse: createRefuseCall(begin, run),
      limits: { accounts, waiting, rates, nowMs },
      stallTimeoutMs: init.stallTimeoutMs ?? defaultStallTimeoutMs,
    }),
    terminator,
    accounts,
    endOverdue: () => waiting.endOverdue(nowMs()),
  };
}
