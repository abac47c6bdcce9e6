import type { Socket } from 'node:net';
import { isLoopback } from '@cardume/client';
import { callerHost } from '../../core/caller-host.ts';
import { callerPlace } from '../../core/caller-place.ts';
import { ConnectionBook } from '../../core/connections/connection-book.ts';
import type { ConnectionBounds } from '../../core/connections/connection-bounds.ts';
import type { ConnectionRates } from '../../core/connections/connection-rates.ts';
import type { ConnectionEnds, FindConnection } from '../../core/connections/connection-use.ts';
import type { ConnectionRefusal, OnRefusedConnection } from '../../core/connections/refused-connections.ts';

/** What guards the connections of a server. */
export interface GuardConnectionsInit {
  bounds: ConnectionBounds;
  /** Undefined: any number may be made in a second. */
  rates: ConnectionRates | undefined;
  onRefused: OnRefusedConnection;
  /** A clock in milliseconds. */
  nowMs: () => number;
}

/** Holds the connections of a server to their bounds. */
export interface ConnectionGuard {
  /** Takes a connection, or cuts it before anything is done for it. @returns whether it may stay */
  take(socket: Socket): boolean;
  readonly find: FindConnection;
  /** Ends those that have been without a call for too long; to be called every now and then. */
  endOverdue(): void;
  /** Cuts those that had no call yet. */
  cutGreeting(): void;
  /** Cuts all. */
  close(): void;
}

interface Connection {
  socket: Socket;
  place: string;
  /** Whether it counts in how many its place makes in a second. */
  isRated: boolean;
  /** Whether a member has called by it. */
  isOfMember: boolean;
  /** Known once it had a call. */
  session: { close(): void } | undefined;
}

/** Makes a guard. */
export function guardConnections({ bounds, rates, onRefused, nowMs }: GuardConnectionsInit): ConnectionGuard {
  const connectionOfEnds = new Map<string, Connection>();
  const book = new ConnectionBook<Connection>(bounds, {
    cut: ({ socket }) => socket.destroy(),
    dismiss({ socket, session }) {
      if (session === undefined) socket.destroy();
      else session.close();
    },
  });
  const refusalOf = (connection: Connection): ConnectionRefusal | undefined => {
    // The rate first: who is beyond it is to take no place from anybody.
    const refusal = connection.isRated ? rates?.take(connection.place) : undefined;
    return refusal ?? (book.add(connection, connection.place, nowMs()) ? undefined : 'too_many');
  };
  const welcome = ({ isRated, isOfMember, place }: Connection): void => {
    if (isRated && isOfMember) rates?.welcome(place);
  };
  return {
    take(socket) {
      const ends = endsOf(socket);
      const host = callerHost(`${socket.remoteAddress}:${socket.remotePort}`);
      const isRated = bounds.ratesLoopback || host === undefined || !isLoopback(host);
      const connection = { socket, place: callerPlace(host), isRated, isOfMember: false, session: undefined };
      const refusal = refusalOf(connection);
      if (refusal !== undefined) {
        onRefused(refusal);
        socket.on('error', () => {});
        socket.resetAndDestroy();
        return false;
      }
      connectionOfEnds.set(ends, connection);
      socket.once('close', () => {
        book.delete(connection);
        connectionOfEnds.delete(ends);
        welcome(connection);
      });
      return true;
    },
    find(ends, session, isOfMember) {
      const connection = connectionOfEnds.get(endsOf(ends));
      if (connection === undefined) return undefined;
      connection.session = session;
      return {
        begin() {
          book.begin(connection);
          connection.isOfMember = isOfMember;
          welcome(connection);
        },
        end: () => book.end(connection, nowMs()),
        refused: () => book.refused(connection, nowMs()),
      };
    },
    endOverdue: () => book.endOverdue(nowMs()),
    cutGreeting: () => book.cutGreeting(),
    close() {
      for (const { socket } of book.connections()) socket.destroy();
    },
  };
}

function endsOf({ remoteAddress, remotePort, localAddress }: ConnectionEnds): string {
  return `${remoteAddress} ${remotePort} ${localAddress}`;
}
