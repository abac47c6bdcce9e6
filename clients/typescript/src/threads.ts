/** What threads are started with: `@cardume/client/threads`. It loads nothing else of this package. */
export { threadEnv } from './adapters/threads/thread-env.ts';
