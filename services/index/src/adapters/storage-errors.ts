import { CardumeError } from '@cardume/client/errors';

/** How an engine fails: `unavailable` may be over soon, and nothing of the call was kept. */
export type StorageFailure = 'failed' | 'unavailable';

/**
 * Makes each method of a store throw STORAGE_FAILED or STORAGE_UNAVAILABLE where its engine fails; other errors pass as they
 * are.
 *
 * Callers learn that it was the store; what it said is the error's cause, for the log.
 *
 * @param failureOf what an error of the engine means; undefined: it is none of its errors
 */
export function withStorageErrors<Store extends object>(
  store: Store,
  failureOf: (error: unknown) => StorageFailure | undefined,
): Store {
  const guarded = (method: Method): Method => {
    return async (...parameters) => {
      try {
        return await method(...parameters);
      } catch (error) {
        throw storageError(error, failureOf(error));
      }
    };
  };
  const wrapped = Object.entries(store).map(([name, method]) => [name, guarded(method)] as const);
  return Object.fromEntries(wrapped) as Store;
}

type Method = (...parameters: unknown[]) => Promise<unknown>;

function storageError(cause: unknown, failure: StorageFailure | undefined): unknown {
  switch (failure) {
    case undefined:
      return cause;
    case 'failed':
      return new CardumeError('STORAGE_FAILED', 'the index could not use its database; its log says why', { cause });
    case 'unavailable': {
      const message = 'the database of the index does not answer now; try again, or another replica';
      return new CardumeError('STORAGE_UNAVAILABLE', message, { cause, retryDelayMs: 1_000 });
    }
  }
}
