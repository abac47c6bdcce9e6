import { nowMs as localNowMs } from '../clock.ts';
import type { Queries } from './database.ts';

/** The clock that all replicas share. */
export interface SharedClock {
  /** Milliseconds since 1970 by the database's clock, as far as this process knows it. */
  nowMs(): number;
  /** Looks at the database's clock again. */
  adjust(): Promise<void>;
}

/** Makes the clock: this process's own, which never jumps, and by how much the database's is ahead of it. */
export async function createSharedClock(queries: Queries): Promise<SharedClock> {
  let aheadMs = 0;
  const adjust = async (): Promise<void> => {
    const beforeMs = localNowMs();
    const [row] = await queries.query<{ now_ms: number }>(
      'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::double precision AS now_ms',
    );
    const middleMs = (beforeMs + localNowMs()) / 2;
    if (row !== undefined) aheadMs = row.now_ms - middleMs;
  };
  await adjust();
  return { nowMs: () => localNowMs() + aheadMs, adjust };
}
