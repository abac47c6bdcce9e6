import type { Caller } from './call-gate.ts';

/** A call of a gRPC method that ended. */
export interface EndedCall {
  /** `/cardume.index.v1.IndexService/Join` */
  path: string;
  /** The status's name: `OK`, `NOT_FOUND`. CANCELLED also when its deadline passed, or its connection ended. */
  status: string;
  /** The reason of docs/errors.md that it failed with; undefined where there is none. */
  reason: string | undefined;
  durationMs: number;
  /** Where it came from, as the transport says it: `127.0.0.1:1234`. */
  callerAddress: string;
  /** Who called, on a server with a gate; also when the gate refused it. */
  caller: Caller | undefined;
  /** The one message of a caller that sends one; undefined when it was refused before, and for other calls. */
  request: unknown;
  /** The one message that it was answered with. */
  response: unknown;
  /** What the handler noted of it, in that order. */
  notes: readonly object[];
}

/** Is told of the calls of a server, streams included. It must not throw. */
export interface CallObserver {
  began?(path: string): void;
  ended(call: EndedCall): void;
}
