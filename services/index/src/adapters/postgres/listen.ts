import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '@cardume/client';
import type { Logger } from '@cardume/service-kit';
import type pg from 'pg';
import { changesChannel } from './change-log.ts';
import type { Database } from './database.ts';

/** How long it waits before it connects again. */
const retryMs = 500;
/** How often it asks whether the connection is there: a server that vanished says nothing. */
const checkMs = 10_000;

/** Hears of changes that any replica makes. */
export interface ChangeListener {
  /** Listens until its end, over all connections that are lost. After each loss listeners are called: they may have missed some. */
  add(listener: () => void): () => void;
  close(): Promise<void>;
}

/** Makes what listens; it connects with the first listener. */
export function createChangeListener(database: Database, logger: Logger): ChangeListener {
  const listeners = new Set<() => void>();
  const closing = new AbortController();
  let running: Promise<void> | undefined;
  const wakeAll = (): void => {
    for (const listener of listeners) listener();
  };

  const listen = async (client: pg.Client): Promise<void> => {
    const ended = new Promise<void>((resolve) => client.once('end', resolve));
    client.on('notification', wakeAll);
    await client.query(`LISTEN ${changesChannel}`);
    wakeAll();
    const over = new AbortController();
    const check = async (): Promise<void> => {
      for (;;) {
        await sleep(checkMs, undefined, { signal: AbortSignal.any([closing.signal, over.signal]), ref: false });
        await client.query('SELECT 1');
      }
    };
    try {
      await Promise.race([ended, check()]);
    } finally {
      over.abort();
    }
  };

  const run = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      let client: pg.Client | undefined;
      try {
        client = await database.openConnection();
        const { signal } = closing;
        signal.addEventListener('abort', () => void client?.end().catch(() => undefined), { once: true });
        if (!signal.aborted) await listen(client);
      } catch (error) {
        if (closing.signal.aborted) break;
        logger.warn({ problem: messageOf(error) }, 'does not hear of changes at other replicas; connecting again');
      }
      await client?.end().catch(() => undefined);
      await sleep(retryMs, undefined, { signal: closing.signal, ref: false }).catch(() => undefined);
    }
  };

  return {
    add(listener) {
      listeners.add(listener);
      running ??= run();
      return () => listeners.delete(listener);
    },
    async close() {
      closing.abort();
      await running;
    },
  };
}
