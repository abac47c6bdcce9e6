/** A connection, for those who answer its calls. */
export interface ConnectionUse {
  /** A call of it was let in. */
  begin(): void;
  /** That call ended. */
  end(): void;
  /** A call of it was refused, or ended since it was too late. */
  refused(): void;
}

/** What tells a connection from others. */
export interface ConnectionEnds {
  remoteAddress?: string | undefined;
  remotePort?: number | undefined;
  localAddress?: string | undefined;
}

/**
 * Finds a connection that has a call.
 *
 * @param session ends it in a way that the other side understands
 * @param isOfMember whether who calls has shown that it is a member, where there is something to show
 */
export type FindConnection = (
  ends: ConnectionEnds,
  session: { close(): void } | undefined,
  isOfMember: boolean,
) => ConnectionUse | undefined;
