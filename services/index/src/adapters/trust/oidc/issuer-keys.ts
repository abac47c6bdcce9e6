import { CardumeError, messageOf } from '@cardume/client';
import type { Logger } from '@cardume/service-kit';
import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { issuerKeysLifetimeMs, issuerTimeoutMs } from '../../../core/limits.ts';
import { FetchBudget } from '../../../core/trust/oidc/fetch-budget.ts';
import { isIssuerUrl } from '../../../core/trust/oidc/oidc-options.ts';
import { fetchDocument } from './fetch-document.ts';

interface FetchedKeys {
  find: JWTVerifyGetKey;
  fetchedMs: number;
}

/** What keeps an issuer's keys. */
export interface IssuerKeysInit {
  issuer: string;
  logger: Logger;
  /** A clock in milliseconds that does not go back. */
  nowMs: () => number;
}

/**
 * The keys of an issuer. They are fetched when somebody comes with a token, and anew when they are old, or when a key is asked
 * for that is not among them: so the issuer can take another one at any time. One fetch goes on at a time, and so many a minute.
 */
export class IssuerKeys {
  readonly #init: IssuerKeysInit;
  readonly #budget: FetchBudget;
  #fetched: FetchedKeys | undefined;
  #fetching: Promise<FetchedKeys> | undefined;

  constructor(init: IssuerKeysInit) {
    this.#init = init;
    this.#budget = new FetchBudget(init.nowMs);
  }

  /** Whether the keys that there are were fetched a while ago. */
  get #isOld(): boolean {
    const { nowMs } = this.#init;
    return this.#fetched === undefined || nowMs() - this.#fetched.fetchedMs > issuerKeysLifetimeMs;
  }

  /** The keys. @throws CardumeError ISSUER_UNAVAILABLE when they cannot be had now */
  async current(): Promise<JWTVerifyGetKey> {
    if (this.#fetched === undefined || this.#isOld) return (await this.#fetch()).find;
    return this.#fetched.find;
  }

  /**
   * The keys, anew: for a token whose key is not among those before.
   *
   * @returns undefined when the issuer was asked too often of late
   * @throws CardumeError ISSUER_UNAVAILABLE
   */
  async renewed(): Promise<JWTVerifyGetKey | undefined> {
    if (this.#fetching === undefined && this.#budget.waitMs > 0) return undefined;
    return (await this.#fetch()).find;
  }

  async #fetch(): Promise<FetchedKeys> {
    this.#fetching ??= this.#fetchNow().finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  async #fetchNow(): Promise<FetchedKeys> {
    const { issuer, logger, nowMs } = this.#init;
    const { waitMs } = this.#budget;
    if (waitMs > 0) throw unavailable(waitMs);
    this.#budget.take();
    try {
      const keys = await fetchKeys(issuer);
      this.#fetched = { find: createLocalJWKSet(keys), fetchedMs: nowMs() };
      return this.#fetched;
    } catch (error) {
      // Strangers are not told what this machine reaches, and how.
      logger.error({ issuer, problem: problemOf(error) }, 'could not get the keys of the OpenID Connect issuer');
      throw unavailable(Math.max(this.#budget.waitMs, 1_000));
    }
  }
}

/** What is wrong, with what `fetch` has only as a cause: that nobody listens, or that a certificate is not trusted. */
function problemOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? `: ${messageOf(error.cause)}` : '';
  return messageOf(error) + cause;
}

/** By OpenID Connect Discovery: the settings of the issuer say where its keys are. */
async function fetchKeys(issuer: string): Promise<JSONWebKeySet> {
  const signal = AbortSignal.timeout(issuerTimeoutMs);
  const at = new URL(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  const settings = await fetchDocument(at, signal);
  if (settings.issuer !== issuer)
    throw new Error(`${at.href} is of another issuer: ${JSON.stringify(settings.issuer)}`);
  const keysUrl = typeof settings.jwks_uri === 'string' ? URL.parse(settings.jwks_uri) : null;
  if (keysUrl === null || !isIssuerUrl(keysUrl, at.protocol === 'http:')) {
    throw new Error(`${at.href} has no jwks_uri with https`);
  }
  const { keys } = await fetchDocument(keysUrl, signal);
  if (!Array.isArray(keys)) throw new Error(`${keysUrl.href} has no keys`);
  return { keys };
}

function unavailable(retryDelayMs: number): CardumeError {
  return new CardumeError(
    'ISSUER_UNAVAILABLE',
    'the index cannot get the keys of the OpenID Connect issuer now, and so cannot look at your id token; try again later',
    { retryDelayMs },
  );
}
