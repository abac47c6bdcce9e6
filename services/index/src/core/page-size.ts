import { CardumeError } from '@cardume/client';
import { defaultPageSize, maxPageSize } from './limits.ts';

/**
 * How many items a page gets: 0 stands for the default, and more than the most gets the most.
 *
 * @throws CardumeError INVALID_FIELD when it is negative
 */
export function checkPageSize(pageSize: number): number {
  if (pageSize < 0) throw CardumeError.invalidField('page_size', 'must not be negative; 0 is the default');
  return pageSize === 0 ? defaultPageSize : Math.min(pageSize, maxPageSize);
}
