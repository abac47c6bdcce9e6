import type { Logger } from '@cardume/service-kit';
import { maxDescribedSkips, maxLoggedSkips } from './core/limits.ts';
import type { PeerEvent } from './core/peer-event.ts';
import type { ScanResult, SkippedPath } from './core/scanned-file.ts';

/** Tells of each path that is not shared, once, until its problem changes or it has been well in between. */
export class SkipReporter {
  readonly #logger: Logger;
  readonly #onEvent: (event: PeerEvent) => void;
  #told = new Map<string, string>();
  readonly #refused = new Map<string, string>();
  #toldCount = 0;

  constructor(logger: Logger, onEvent: (event: PeerEvent) => void) {
    this.#logger = logger;
    this.#onEvent = onEvent;
  }

  /** Tells what a scan skipped. */
  scanned({ skipped, skippedCount }: ScanResult): void {
    const news = skipped.filter(({ path, problem }) => this.#told.get(path) !== problem);
    for (const [position, skip] of news.entries()) {
      this.#onEvent({ type: 'skipped', ...skip });
      if (position < maxLoggedSkips) this.#logger.warn({ ...skip }, 'not shared');
    }
    this.#told = new Map(skipped.map(({ path, problem }) => [path, problem]));
    if (skippedCount !== this.#toldCount) this.#logger.info({ skippedCount }, 'files and folders that are not shared');
    this.#toldCount = skippedCount;
  }

  /** Tells of a file that could not be read when it was to be hashed. */
  refused({ path, problem }: SkippedPath): void {
    if (this.#refused.get(path) === problem) return;
    if (this.#refused.size >= maxDescribedSkips) this.#refused.clear();
    this.#refused.set(path, problem);
    this.#onEvent({ type: 'skipped', path, problem });
    if (this.#refused.size <= maxLoggedSkips) this.#logger.warn({ path, problem }, 'not shared');
    else this.#logger.debug({ path, problem }, 'not shared');
  }
}
