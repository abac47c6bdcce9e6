import { describe, expect, test } from '@jest/globals';
import { ConnectionBook } from '../../src/core/connections/connection-book.ts';
import type { ConnectionBounds } from '../../src/core/connections/connection-bounds.ts';

const bounds: ConnectionBounds = {
  maxConnections: 4,
  maxConnectionsPerPlace: 3,
  maxGreetings: 2,
  greetingTimeoutMs: 20,
  maxIdleMs: 300,
  maxRefusalsPerConnection: 2,
  ratesLoopback: false,
};

/** A book of connections, and what it did to them. */
function openBook(change: Partial<ConnectionBounds> = {}) {
  const done: string[] = [];
  const book = new ConnectionBook<{ name: string }>(
    { ...bounds, ...change },
    {
      cut: ({ name }) => done.push(`cut ${name}`),
      dismiss: ({ name }) => done.push(`dismiss ${name}`),
    },
  );
  const add = (name: string, place: string, nowMs = 0) => {
    const connection = { name };
    return { connection, isIn: book.add(connection, place, nowMs) };
  };
  /** A connection that has a call open. */
  const addBusy = (name: string, place: string) => {
    const { connection } = add(name, place);
    book.begin(connection);
    return connection;
  };
  return { book, done, add, addBusy };
}

describe('a connection', () => {
  test('beyond what one place may have does not get in, whatever others have', () => {
    const { add, addBusy, book } = openBook();
    for (const name of ['a', 'b', 'c']) addBusy(name, 'here');
    expect(add('d', 'here').isIn).toBe(false);
    expect(add('e', 'there').isIn).toBe(true);
    expect(book.count).toBe(4);
  });

  test('that is closed makes room at its place', () => {
    const { add, addBusy, book } = openBook();
    const [first] = ['a', 'b', 'c'].map((name) => addBusy(name, 'here'));
    if (first !== undefined) book.delete(first);
    expect(add('d', 'here').isIn).toBe(true);
    expect(book.count).toBe(3);
  });

  test('gets the place of the oldest one that only greets', () => {
    const { add, done } = openBook();
    for (const name of ['a', 'b', 'c']) expect(add(name, name).isIn).toBe(true);
    expect(done).toEqual(['cut a']);
  });

  test('gets the place of one without a call where all are taken, and of none with one', () => {
    const { add, addBusy, book, done } = openBook();
    const idle = addBusy('idle', 'a');
    for (const name of ['b', 'c', 'd']) addBusy(name, name);
    expect(add('e', 'e').isIn).toBe(false);
    book.end(idle, 1);
    expect(add('f', 'f').isIn).toBe(true);
    expect(done).toEqual(['cut idle']);
    expect(book.count).toBe(4);
  });

  test('that has had no call for as long as it may is cut', () => {
    const { add, book, done } = openBook();
    add('a', 'a', 0);
    add('b', 'b', 10);
    book.endOverdue(19);
    expect(done).toEqual([]);
    book.endOverdue(20);
    expect(done).toEqual(['cut a']);
    expect(book.count).toBe(1);
  });

  test('that has been idle for as long as it may is dismissed, and cut when it stays', () => {
    const { addBusy, book, done } = openBook();
    const connection = addBusy('a', 'a');
    book.endOverdue(1_000_000);
    expect(done).toEqual([]);
    book.end(connection, 100);
    book.endOverdue(399);
    expect(done).toEqual([]);
    book.endOverdue(400);
    expect(done).toEqual(['dismiss a']);
    book.endOverdue(10_399);
    expect(done).toEqual(['dismiss a']);
    book.endOverdue(10_400);
    expect(done).toEqual(['dismiss a', 'cut a']);
    expect(book.count).toBe(0);
  });

  test('that was dismissed ends the call that came meanwhile', () => {
    const { addBusy, book, done } = openBook();
    const connection = addBusy('a', 'a');
    book.end(connection, 0);
    book.endOverdue(300);
    book.begin(connection);
    book.endOverdue(100_000);
    expect(done).toEqual(['dismiss a']);
    book.end(connection, 100_000);
    book.endOverdue(110_000);
    expect(done).toEqual(['dismiss a', 'cut a']);
  });

  test('whose calls are refused on and on is cut', () => {
    const { addBusy, book, done } = openBook();
    const connection = addBusy('a', 'a');
    for (const nowMs of [0, 500, 1_000, 1_500]) book.refused(connection, nowMs);
    expect(done).toEqual([]);
    book.refused(connection, 1_999);
    expect(done).toEqual(['cut a']);
    book.refused(connection, 1_999);
    expect(done).toEqual(['cut a']);
  });

  test('that is gone is forgotten, whatever it was in', () => {
    const { add, addBusy, book } = openBook();
    const greeting = add('a', 'a').connection;
    const idle = addBusy('b', 'b');
    book.end(idle, 0);
    const busy = addBusy('c', 'c');
    for (const connection of [greeting, idle, busy, busy]) book.delete(connection);
    book.end(busy, 1);
    expect(book.count).toBe(0);
    expect(book.connections()).toEqual([]);
  });
});
