import { CardumeError } from '@cardume/client';
import { TokenBuckets } from '@cardume/service-kit';
import {
  enrolmentRetryMs,
  enrolmentWindowMs,
  maxCertificateRenewalsPerPeer,
  maxEnrolmentKeys,
  maxEnrolmentsPerUser,
} from '../limits.ts';

/**
 * How often certificates are given to those who prove who they are: to each user by a token, and to each peer by the certificate
 * that it has. Who tries wrong tokens is slowed down by {@link FailedAttempts}.
 */
export class EnrolmentBudget {
  readonly #ofUser: TokenBuckets;
  readonly #ofPeer: TokenBuckets;

  /**
   * @param nowMs a clock in milliseconds
   * @param ofUser how many certificates one user gets by a token in a minute
   */
  constructor(nowMs: () => number, ofUser: number = maxEnrolmentsPerUser) {
    const buckets = (size: number): TokenBuckets =>
      new TokenBuckets({ size, windowMs: enrolmentWindowMs, maxKeys: maxEnrolmentKeys, nowMs });
    this.#ofUser = buckets(ofUser);
    this.#ofPeer = buckets(maxCertificateRenewalsPerPeer);
  }

  /** Counts an enrolment by a token of a user. @throws CardumeError LIMIT_REACHED when there were too many */
  takeOfUser(user: string): void {
    if (this.#ofUser.take(user)) return;
    throw tooMany('this user enrols more machines than one may at once', 'maxEnrolmentsPerUser');
  }

  /** Counts a renewal by a certificate of a peer. @throws CardumeError LIMIT_REACHED when there were too many */
  takeOfPeer(peerId: string): void {
    if (this.#ofPeer.take(peerId)) return;
    throw tooMany('this machine renews its certificate more often than one may', 'maxCertificateRenewalsPerPeer');
  }
}

function tooMany(what: string, limit: string): CardumeError {
  return new CardumeError('LIMIT_REACHED', `${what} (${limit}); try again`, {
    metadata: { limit },
    retryDelayMs: enrolmentRetryMs,
  });
}
