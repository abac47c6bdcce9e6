import type { Socket } from 'node:net';
import { callerHost } from '../../core/caller-host.ts';
import { callerPlace } from '../../core/caller-place.ts';
import { ConnectionBook } from '../../core/connections/connection-book.ts';
import type { ConnectionBounds } from '../../core/connections/connection-bounds.ts';
import type { ConnectionEnds, FindConnection } from '../../core/connections/connection-use.ts';

/** Holds the connections of a server to their bounds. */
export interface ConnectionGuard {
  /** Takes a connection, or cuts it. @returns whether it may stay */
  take(socket: Socket): boolean;
  readonly find: FindConnection;
  /** Ends those that have been without a call for too long; to be called every now and then. */
  endOverdue(): void;
  /** How many connections were refused since this was asked for the last time. */
  takeRefusedCount(): number;
  /** Cuts those that had no call yet. */
  cutGreeting(): void;
  /** Cuts all. */
  close(): void;
}

interface Connection {
  socket: Socket;
  /** Known once it had a call. */
  session: { close(): void } | undefined;
}

/** Makes a guard. @param nowMs a clock in milliseconds */
export function guardConnections(bounds: ConnectionBounds, nowMs: () => number): ConnectionGuard {
  const connectionOfEnds = new Map<string, Connection>();
  let refusedCount = 0;
  const book = new ConnectionBook<Connection>(bounds, {
    cut: ({ socket }) => socket.destroy(),
    dismiss({ socket, session }) {
      if (session === undefined) socket.destroy();
      else session.close();
    },
  });
  return {
    take(socket) {
      const ends = endsOf(socket);
      const connection: Connection = { socket, session: undefined };
      const place = callerPlace(callerHost(`${socket.remoteAddress}:${socket.remotePort}`));
      if (!book.add(connection, place, nowMs())) {
        refusedCount += 1;
        socket.on('error', () => {});
        socket.resetAndDestroy();
        return false;
      }
      connectionOfEnds.set(ends, connection);
      socket.once('close', () => {
        book.delete(connection);
        connectionOfEnds.delete(ends);
      });
      return true;
    },
    find(ends, session) {
      const connection = connectionOfEnds.get(endsOf(ends));
      if (connection === undefined) return undefined;
      connection.session = session;
      return {
        begin: () => book.begin(connection),
        end: () => book.end(connection, nowMs()),
        refused: () => book.refused(connection, nowMs()),
      };
    },
    endOverdue: () => book.endOverdue(nowMs()),
    takeRefusedCount() {
      const count = refusedCount;
      refusedCount = 0;
      return count;
    },
    cutGreeting: () => book.cutGreeting(),
    close() {
      for (const { socket } of book.connections()) socket.destroy();
    },
  };
}

function endsOf({ remoteAddress, remotePort, localAddress }: ConnectionEnds): string {
  return `${remoteAddress} ${remotePort} ${localAddress}`;
}
