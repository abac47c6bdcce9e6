import type { Catalog } from '../../core/catalog.ts';
import { defaultLeaseTtlMs } from '../../core/limits.ts';
import type { Database } from './database.ts';
import type { SharedClock } from './keep-time.ts';
import { heartbeat, longestSilenceMs, resume } from './leases.ts';

/** How often the database's clock is looked at. */
const adjustEveryMs = 60_000;

/** That this replica runs and reaches the database, which leases stand still without. */
export interface Presence {
  /** See `Catalog.resume`. */
  resume(nowMs: number, leaseTtlMs: number): Promise<void>;
  /** See `Catalog.heartbeat`. */
  heartbeat(nowMs: number): Promise<void>;
  /** Resolves when leases may be looked at: when this replica was away for long, those that stood still were put off. */
  ready(): Promise<void>;
}

export function createPresence(database: Database, clock: SharedClock): Presence {
  let leaseTtlMs = defaultLeaseTtlMs;
  let adjustedMs = clock.nowMs();
  /** When it last said that it runs; undefined until it first does. */
  let notedMs: number | undefined;
  let noting: Promise<void> | undefined;
  const note = async (nowMs: number): Promise<void> => {
    const beganMs = clock.nowMs();
    await heartbeat(database, nowMs, leaseTtlMs);
    notedMs = beganMs;
  };

  return {
    async resume(nowMs, ttlMs) {
      leaseTtlMs = ttlMs;
      await resume(database, nowMs, ttlMs);
    },
    async heartbeat(nowMs) {
      await note(nowMs);
      if (Math.abs(nowMs - adjustedMs) < adjustEveryMs) return;
      adjustedMs = nowMs;
      await clock.adjust();
    },
    async ready() {
      if (notedMs === undefined || clock.nowMs() - notedMs <= longestSilenceMs) return;
      noting ??= note(clock.nowMs()).finally(() => {
        noting = undefined;
      });
      await noting;
    },
  };
}

/**
 * A catalog that looks at no lease before this replica is {@link Presence.ready | ready}: the first call after the database was
 * away would otherwise find that leases ended meanwhile, before the next heartbeat puts them off.
 */
export function withPresence(catalog: Omit<Catalog, 'resume' | 'heartbeat'>, presence: Presence): Catalog {
  const ready = <Parameters extends unknown[], Result>(method: (...parameters: Parameters) => Promise<Result>) => {
    return async (...parameters: Parameters): Promise<Result> => {
      await presence.ready();
      return method(...parameters);
    };
  };
  return {
    ...catalog,
    resume: presence.resume,
    heartbeat: presence.heartbeat,
    findPeer: ready(catalog.findPeer),
    listPeers: ready(catalog.listPeers),
    join: ready(catalog.join),
    renew: ready(catalog.renew),
    change: ready(catalog.change),
    retire: ready(catalog.retire),
    retireExpired: ready(catalog.retireExpired),
    nextExpiryMs: ready(catalog.nextExpiryMs),
    findCandidates: ready(catalog.findCandidates),
    findCandidatesOfEach: ready(catalog.findCandidatesOfEach),
    findHolders: ready(catalog.findHolders),
    findListsFor: ready(catalog.findListsFor),
    findEntryHolders: ready(catalog.findEntryHolders),
    stats: ready(catalog.stats),
  };
}
