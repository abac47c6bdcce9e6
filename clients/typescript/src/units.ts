/** Reads what people write: `@cardume/client/units`. It loads nothing else of this package. */
export { parseRateLimit, type RateLimit, type RateSchedule, type RateWindow } from './core/rate/rate-schedule.ts';
export { parseSize } from './core/units/parse-size.ts';
