import { CardumeError, errnoOf } from '@cardume/client';

/**
 * Makes each method of a store throw STORAGE_FAILED where its engine fails; other errors pass as they are.
 *
 * Callers learn that it was the store; what it said is the error's cause, for the log.
 */
export function withStorageErrors<Store extends object>(store: Store): Store {
  const wrapped = Object.entries(store).map(([name, method]) => [name, guarded(method)] as const);
  return Object.fromEntries(wrapped) as Store;
}

type Method = (...parameters: unknown[]) => Promise<unknown>;

function guarded(method: Method): Method {
  return async (...parameters) => {
    try {
      return await method(...parameters);
    } catch (error) {
      if (errnoOf(error) !== 'ERR_SQLITE_ERROR') throw error;
      throw new CardumeError('STORAGE_FAILED', 'the index could not use its database; its log says why', {
        cause: error,
      });
    }
  };
}
