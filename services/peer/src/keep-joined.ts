import {
  type CardumeError,
  cardumeErrorFrom,
  type IndexClient,
  type Lease,
  type ListChange,
  messageOf,
  type PublishResult,
  printable,
  type Renewal,
  type Revoked,
} from '@cardume/client';
import type { Logger } from '@cardume/service-kit';
import type { Identity } from './adapters/identity.ts';
import { minBackoffMs } from './core/backoff.ts';
import { checkLease, keepsRights, rightsUnknown } from './core/check-lease.ts';
import { LeaseSecrets } from './core/lease-secrets.ts';
import {
  fingerprintDelayMs,
  leaveTimeoutMs,
  maxEntriesPerMessage,
  maxMessagesPerPublish,
  publishDoubtMs,
  publishTimeoutMs,
} from './core/limits.ts';
import { ListFingerprint } from './core/list-fingerprint.ts';
import {
  afterFailure,
  afterJoin,
  afterPublish,
  afterRenewal,
  type Joined,
  type Membership,
  nextStep,
  startApart,
} from './core/membership.ts';
import { Outbox } from './core/outbox.ts';
import type { PeerEvent } from './core/peer-event.ts';
import type { PeerMetrics } from './core/peer-metrics.ts';
import type { AllowedUsers } from './core/share-rights.ts';
import type { SharedFiles } from './core/shared-files.ts';
import { inSlices } from './in-slices.ts';
import { pause } from './pause.ts';
import { whileIndexAnswers } from './while-index-answers.ts';

/** How many entries of a list are hashed before other work has its turn: a millisecond or two. */
const entriesPerTurn = 1_000;

export interface JoinKeeperInit {
  client: IndexClient;
  identity: Identity;
  files: SharedFiles;
  /** Where others dial this peer; host undefined: the address that the index sees. */
  host: string | undefined;
  port: number;
  shareName: string;
  /** Who may see the list. */
  allowedUsers: AllowedUsers;
  tags: readonly string[];
  /** Whether this peer takes some of what others offer. */
  takesOffers: boolean;
  /** A clock in milliseconds that is never set back. */
  nowMs: () => number;
  /** A random number from 0 to 1. */
  random: () => number;
  logger: Logger;
  metrics: Pick<PeerMetrics, 'renewed'>;
  /** Told with each renewal whose certificates are refused. */
  onRevoked: (revoked: Revoked) => void;
  /** Told with each join whether the index could dial this peer. */
  onReachable: (reachable: boolean) => void;
  onEvent: (event: PeerEvent) => void;
}

/**
 * Keeps the peer joined to its index, whatever happens to either, and the index's list as this peer's.
 *
 * core/membership.ts decides what to do when; this does it, one call at a time, but for renewals beside a long publication. An
 * index that is away is no error: the peer serves on, and joins when it is back.
 */
export class JoinKeeper {
  readonly #init: JoinKeeperInit;
  readonly #outbox: Outbox;
  readonly #secrets: LeaseSecrets;
  readonly #firstAttempt = Promise.withResolvers<void>();
  /** Fires when the peer leaves: no new call begins. */
  readonly #closing = new AbortController();
  /** Fires when leaving has taken too long: calls under way end. */
  readonly #giveUp = new AbortController();
  #state: Membership;
  #wake = Promise.withResolvers<void>();
  #running: Promise<void> | undefined;
  #toldProblem: string | undefined;
  #toldListedCount: number | undefined;
  /** When the list last changed. */
  #changedMs = 0;
  /** Whether the index knows the fingerprint of the list as it is. */
  #toldFingerprint = false;

  constructor(init: JoinKeeperInit) {
    this.#init = init;
    this.#outbox = new Outbox((name) => init.files.get(name));
    this.#secrets = new LeaseSecrets(init.identity, init.client.targets);
    this.#state = startApart(init.nowMs());
  }

  /** Whether the index is taken to list the peer now. */
  get isJoined(): boolean {
    return this.#state.phase === 'joined';
  }

  /** Begins. Resolves when the index has the whole list for the first time, or the first attempt to get there failed. */
  async start(): Promise<void> {
    this.#running = this.#run();
    await this.#firstAttempt.promise;
  }

  /** Says that a name is on the list now and was not, or the other way round, or has other content. */
  noteChanged(name: string): void {
    this.#outbox.add(name);
    this.#changedMs = this.#init.nowMs();
    this.#toldFingerprint = false;
    this.#wake.resolve();
  }

  /** Leaves the index, if it can be told within 2 s, and ends. */
  async leave(): Promise<void> {
    const timer = setTimeout(() => this.#giveUp.abort(), leaveTimeoutMs);
    this.#closing.abort();
    this.#wake.resolve();
    await this.#running;
    if (this.#state.phase === 'joined') await this.#sayGoodbye(this.#state);
    clearTimeout(timer);
  }

  async #sayGoodbye({ lease }: Joined): Promise<void> {
    try {
      await this.#init.client.leave(lease, { signal: this.#giveUp.signal });
      this.#init.logger.info({ index: this.#init.client.target }, 'left the index');
    } catch (error) {
      this.#init.logger.warn({ problem: messageOf(error) }, 'could not leave the index; the lease ends by itself');
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const step = nextStep(this.#state, this.#outbox.size > 0);
      const waitMs = step.atMs - this.#init.nowMs();
      if (waitMs > 0) {
        await this.#wait(waitMs);
        continue;
      }
      try {
        this.#state = await this.#act(step.action, this.#state);
      } catch (error) {
        if (!signal.aborted) this.#fail(cardumeErrorFrom(error));
      }
      if (this.#state.phase === 'apart' || this.#outbox.size === 0) this.#firstAttempt.resolve();
    }
    this.#firstAttempt.resolve();
  }

  /** Waits for the time of the next step, or for a change that may bring another step before it. */
  async #wait(ms: number): Promise<void> {
    this.#wake = Promise.withResolvers();
    const over = new AbortController();
    const elapsed = pause(ms, AbortSignal.any([this.#closing.signal, over.signal]));
    // While apart, changes need no call: joining sends the whole list.
    await (this.#state.phase === 'joined' && this.#outbox.size === 0
      ? Promise.race([elapsed, this.#wake.promise])
      : elapsed);
    over.abort();
  }

  #act(action: 'join' | 'renew' | 'publish', state: Membership): Promise<Membership> {
    if (action === 'join' || state.phase === 'apart') return this.#join();
    return action === 'renew' ? this.#renew(state) : this.#publish(state);
  }

  async #join(): Promise<Membership> {
    const { client, identity, files: shared, port, onEvent, logger } = this.#init;
    const { peerId } = identity;
    this.#outbox.clear();
    this.#toldFingerprint = true;
    // What changes from here on waits in the outbox, whatever the index still has.
    const listFingerprint = this.#isLongList ? await this.#fingerprint() : undefined;
    if (listFingerprint === undefined) this.#outbox.addAll(shared.namesInOrder());
    const lease = { ...(await this.#askToJoin(listFingerprint)), peerId };
    const { listKept } = lease;
    if (!listKept) this.#toldFingerprint = false;
    if (!listKept && listFingerprint !== undefined) this.#outbox.addAll(shared.namesInOrder());
    this.#keepSecret(lease.leaseSecret);
    this.#toldProblem = undefined;
    const address = { host: lease.host, port };
    const { reachable } = lease;
    logger.info(
      { index: client.target, peerId, address, reachable, fileCount: shared.size, listKept },
      'joined the index',
    );
    if (!reachable) logger.warn({ address }, 'the index cannot dial this peer there, so others may not either');
    this.#init.onReachable(reachable);
    onEvent({ type: 'joined', peerId, address, reachable, fileCount: shared.size });
    const complete = this.#outbox.size === 0;
    if (complete) this.#warnOfQuota(listKept ? lease.fileCount : lease.takenFileCount);
    return afterJoin(lease, complete, this.#init.nowMs());
  }

  async #askToJoin(listFingerprint: Uint8Array | undefined): Promise<Lease> {
    const { client, identity, host, port, shareName, tags, takesOffers, allowedUsers } = this.#init;
    // A list that is not for everybody is told only to an index that knows of that.
    const isTold = listFingerprint === undefined && allowedUsers === undefined;
    const lease = await client.join(
      {
        peerId: identity.peerId,
        port,
        shareName,
        tags,
        takesOffers,
        files: isTold ? (this.#outbox.take()?.added ?? []) : [],
        ...(this.#secrets.current === undefined ? {} : { leaseSecret: this.#secrets.current }),
        ...(host === undefined ? {} : { host }),
        ...(listFingerprint === undefined ? {} : { listFingerprint }),
        ...(allowedUsers === undefined ? {} : { allowedUsers }),
      },
      { signal: this.#giveUp.signal },
    );
    checkLease(lease);
    if (keepsRights(lease, allowedUsers)) return lease;
    await client.leave({ ...lease, peerId: identity.peerId }, { signal: this.#giveUp.signal });
    throw rightsUnknown();
  }

  async #renew(state: Joined): Promise<Membership> {
    const { host } = this.#init;
    const renewal = await this.#askToRenew(state.lease, this.#giveUp.signal);
    // Where it was told to be found, it stays.
    const seenHost = host === undefined ? renewal.seenHost : undefined;
    const next = afterRenewal(state, { ...renewal, seenHost }, this.#outbox.size > 0, this.#init.nowMs());
    if (next.phase === 'apart') {
      const found = { listedCount: renewal.fileCount, listedHost: state.lease.host, seenHost };
      this.#init.logger.info(
        found,
        'the index lost part of the list, or sees this peer elsewhere by now; joining again',
      );
    } else if (this.#isLongList && !this.#toldFingerprint && this.#outbox.size === 0) {
      await this.#tellFingerprint(next);
    }
    return next;
  }

  async #askToRenew(lease: Lease, signal: AbortSignal): Promise<Renewal> {
    const { client, metrics, onRevoked } = this.#init;
    const renewal = await client.renew(lease, { signal }).catch((error: unknown) => {
      if (!signal.aborted) metrics.renewed(outcomeOf(error));
      throw error;
    });
    metrics.renewed('renewed');
    onRevoked(renewal.revoked);
    return renewal;
  }

  /** Publishes, and renews meanwhile when that takes long. */
  #tell(lease: Lease, changes: Iterable<ListChange>): Promise<PublishResult> {
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(publishTimeoutMs)]);
    const asking = { ask: (asked: AbortSignal) => this.#askToRenew(lease, asked), everyMs: publishDoubtMs, signal };
    return whileIndexAnswers(asking, (called) => this.#init.client.publish(lease, changes, { signal: called }));
  }

  /** Whether joining again with the whole list takes more than one message. */
  get #isLongList(): boolean {
    const { files } = this.#init;
    return files.size + files.folderCount > maxEntriesPerMessage;
  }

  /** That of the list as it is; when it changes meanwhile it is nobody's, and fits no list. */
  async #fingerprint(): Promise<Uint8Array> {
    const { files } = this.#init;
    const fingerprint = new ListFingerprint(this.#init.allowedUsers);
    for await (const slice of inSlices(files.names(), entriesPerTurn)) {
      for (const entry of slice.flatMap((name) => files.get(name) ?? [])) fingerprint.add(entry);
    }
    return fingerprint.bytes;
  }

  /** Tells the index by what it finds the list again when this peer joins anew, once the list has been at rest. */
  async #tellFingerprint({ lease, listedCount }: Joined): Promise<void> {
    const { files, nowMs } = this.#init;
    const isWhole = listedCount === files.size + files.folderCount;
    if (!isWhole || nowMs() - this.#changedMs < fingerprintDelayMs) return;
    const listFingerprint = await this.#fingerprint();
    if (this.#outbox.size > 0) return;
    this.#toldFingerprint = true;
    await this.#tell(lease, [{ listFingerprint }]);
  }

  async #publish(state: Joined): Promise<Membership> {
    const result = await this.#tell(state.lease, this.#outbox.takeSome(maxMessagesPerPublish));
    const complete = this.#outbox.size === 0;
    if (complete) this.#warnOfQuota(result.fileCount);
    return afterPublish(state, result, complete, this.#init.nowMs());
  }

  #fail(error: CardumeError): void {
    const { nowMs, random, logger, onEvent, client } = this.#init;
    if (error.reason === 'LEASE_SECRET_WRONG' && this.#secrets.refused()) {
      logger.debug({ index: client.inUse }, 'the index knows this peer by another secret; joining with that');
      this.#state = startApart(nowMs() + Math.round(minBackoffMs * random()));
      return;
    }
    const next = afterFailure(this.#state, error, nowMs(), random());
    this.#state = next;
    const problem = printable(error.message);
    const retryMs = Math.max(0, Math.round(next.joinAtMs - nowMs()));
    const fields = { index: client.target, reason: error.reason, problem, retryMs };
    // An index can be away for days; one line for each attempt would bury the rest of the log.
    if (problem === this.#toldProblem) logger.debug(fields, 'index lost');
    else logger.warn(fields, 'index lost');
    this.#toldProblem = problem;
    onEvent({ type: 'index-lost', problem, retryMs });
  }

  #keepSecret(leaseSecret: string): void {
    const { identity, client } = this.#init;
    const { inUse } = client;
    this.#secrets.accepted(leaseSecret);
    try {
      // At the address that answered: with indexes that share nothing, each gives its own.
      if (identity.leaseSecret(inUse) !== leaseSecret) identity.keepLeaseSecret(inUse, leaseSecret);
    } catch (error) {
      const problem = messageOf(error);
      this.#init.logger.warn(
        { problem },
        'cannot store the lease secret; after a restart, joining waits for the lease to end',
      );
    }
  }

  #warnOfQuota(listedCount: number): void {
    const fileCount = this.#init.files.size + this.#init.files.folderCount;
    if (listedCount < fileCount && listedCount !== this.#toldListedCount) {
      this.#init.logger.warn({ listedCount, fileCount }, 'the index lists only part of the files: its quota is full');
    }
    this.#toldListedCount = listedCount;
  }
}

function outcomeOf(error: unknown): 'forgotten' | 'failed' {
  return cardumeErrorFrom(error).reason === 'LEASE_UNKNOWN' ? 'forgotten' : 'failed';
}
