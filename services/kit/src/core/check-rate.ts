import { CardumeError } from '@cardume/client';

/** @throws CardumeError INVALID_FIELD for a rate that cannot be meant. @param field what it is called where it was given */
export function checkRate(rate: number | false, field: string): void {
  if (rate === false || (Number.isInteger(rate) && rate >= 1)) return;
  throw CardumeError.invalidField(field, 'must be a whole number from 1 on, or off');
}
