import { CardumeError } from '@cardume/client/errors';

/** The page sizes of one method. */
export interface PageSizes {
  /** How many items a page has when the caller does not say. */
  defaultPageSize: number;
  /** How many it has at the most; larger requests get this many. */
  maxPageSize: number;
}

/**
 * How many items a page gets (AIP-158): 0 stands for the default, and more than the most gets the most.
 *
 * @throws CardumeError INVALID_FIELD when it is negative
 */
export function checkPageSize(pageSize: number, { defaultPageSize, maxPageSize }: PageSizes): number {
  if (pageSize < 0) throw CardumeError.invalidField('page_size', 'must not be negative; 0 is the default');
  return pageSize === 0 ? defaultPageSize : Math.min(pageSize, maxPageSize);
}
