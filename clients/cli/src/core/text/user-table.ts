import { printable } from '@cardume/client';
import type { User } from '@cardume/client/trust';
import { dayOf } from './day.ts';
import { type Column, renderTable, type TableLayout } from './table.ts';

const columns: Column[] = [
  { header: 'USER', shrinks: true },
  { header: 'ROLE' },
  { header: 'ADDED' },
  { header: 'REVOKED' },
];

/** Shows users as a table: the header first, then a line for each, safe to print. */
export function userTable(users: readonly User[], layout: TableLayout): string[] {
  const rows = users.map(({ name, role, createTime, revokeTime }) => [
    printable(name),
    role,
    dayOf(createTime),
    dayOf(revokeTime),
  ]);
  return renderTable(columns, rows, layout);
}
