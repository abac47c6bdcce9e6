/** A call of a gRPC method that ended. */
export interface EndedCall {
  /** `/cardume.index.v1.IndexService/Join` */
  path: string;
  /** The status's name: `OK`, `NOT_FOUND`. CANCELLED also when its deadline passed, or its connection ended. */
  status: string;
  durationMs: number;
  /** Where it came from, as the transport says it: `127.0.0.1:1234`. */
  callerAddress: string;
}

/** Is told of the calls of a server, streams included. It must not throw. */
export interface CallObserver {
  began?(path: string): void;
  ended(call: EndedCall): void;
}
