import { toldSizeBytes } from '../../core/told-size.ts';
import type { Database } from './database.ts';
import type { ListDelta } from './list-delta.ts';

/** Totals over all lists, also those that wait to be cleared. */
export interface TotalsTable {
  entryCount(): number;
  files(): { fileCount: number; totalSizeBytes: number };
  /** Takes over what a transaction changed. */
  apply(delta: ListDelta): void;
}

/** Makes the table's access; its caller holds the transaction. */
export function createTotalsTable(database: Database): TotalsTable {
  const read = database.query<{ file_count: number; holding_count: number; total_size_bytes: string }>(
    'SELECT file_count, holding_count, total_size_bytes FROM state',
  );
  const write = database.command('UPDATE state SET file_count = ?, holding_count = ?, total_size_bytes = ?');
  const totals = () => read.get() ?? { file_count: 0, holding_count: 0, total_size_bytes: '0' };
  return {
    entryCount: () => totals().holding_count,
    files() {
      const { file_count, total_size_bytes } = totals();
      return { fileCount: file_count, totalSizeBytes: toldSizeBytes(total_size_bytes) };
    },
    apply({ entryCount, fileCount, fileBytes }) {
      const { file_count, holding_count, total_size_bytes } = totals();
      write.run(file_count + fileCount, holding_count + entryCount, String(BigInt(total_size_bytes) + fileBytes));
    },
  };
}
