import { CardumeError } from '@cardume/client';
import { defaultPageSize, maxPageSize } from './limits.ts';

/** How many files a page has when so many were asked for. @throws CardumeError INVALID_FIELD when negative */
export function effectivePageSize(asked: number): number {
  if (asked < 0) throw CardumeError.invalidField('page_size', 'must not be negative');
  return asked === 0 ? defaultPageSize : Math.min(asked, maxPageSize);
}
