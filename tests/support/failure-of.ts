import { CardumeError } from '@cardume/client';

/** The CardumeError that an action throws; anything else that it does is a failure of the test. */
export async function failureOf(action: () => unknown): Promise<CardumeError> {
  try {
    await action();
  } catch (error) {
    if (CardumeError.is(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
