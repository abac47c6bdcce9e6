import { randomBytes } from 'node:crypto';
import { type Addresses, CardumeError, messageOf } from '@cardume/client';
import { EnrollmentServiceDefinition, UserServiceDefinition } from '@cardume/proto/trust/v1';
import {
  type CallGate,
  createNetworkGate,
  type Logger,
  type ServedService,
  type ServerTls,
  serve,
} from '@cardume/service-kit';
import { authorityStamp, openAuthorityFolder } from './adapters/trust/authority-folder.ts';
import { type IndexIdentity, makeIndexIdentity } from './adapters/trust/index-identity.ts';
import { type KeptInvites, keepInvites } from './adapters/trust/kept-invites.ts';
import type { Catalog } from './core/catalog.ts';
import { revocationRefreshMs } from './core/limits.ts';
import { EnrolmentBudget } from './core/trust/enrolment-budget.ts';
import { FailedAttempts } from './core/trust/failed-attempts.ts';
import { indexRoleFor } from './core/trust/index-roles.ts';
import type { OidcComponents } from './core/trust/oidc/enrol-oidc-user.ts';
import type { OidcSettings } from './core/trust/oidc/oidc-options.ts';
import { RevocationList } from './core/trust/revocation-list.ts';
import { createEnrollmentService } from './handlers/enrollment-service.ts';
import { createUserService } from './handlers/user-service.ts';

/** What the trust of an index works with. */
export interface TrustInit {
  /** Where the authority is kept; it is made when absent. */
  folder: string;
  /** Names and addresses of the index. */
  hosts: readonly string[];
  /** The organisation's OpenID Connect issuer; undefined: no id tokens are taken. */
  oidc: OidcSettings | undefined;
  certificateLifetimeMs: number | undefined;
  /** How many certificates a user gets in a minute; undefined: as many as usual. */
  enrolmentsPerMinute?: number | undefined;
  catalog: Catalog;
  /** The clock of the leases. */
  leaseClockMs: () => number;
  logger: Logger;
}

/** The trust of an index: its network's authority, users and gate. */
export interface IndexTrust {
  readonly networkId: string;
  readonly gate: CallGate;
  readonly services: ServedService[];
  readonly revocations: RevocationList;
  readonly identity: IndexIdentity;
  /** Makes the first users and their invites. @param addresses where the index is reached */
  invites(addresses: Addresses): Promise<KeptInvites>;
  /** Keeps the certificate of the index renewed, and the revocations fresh, until it is closed. */
  start(renewTls: (tls: ServerTls) => void): void;
  close(): void;
}

/** Opens what an index needs to be the authority of its network. */
export async function openTrust(init: TrustInit): Promise<IndexTrust> {
  const { folder, hosts, certificateLifetimeMs, catalog, leaseClockMs, logger } = init;
  // Certificates are of the wall clock, which callers have as well.
  const nowMs = (): number => Date.now();
  const open = () => openAuthorityFolder(folder, { nowMs, randomBytes });
  let stamp = await authorityStamp(folder);
  let authority = await open();
  // It was made just now.
  stamp ??= await authorityStamp(folder);
  const { networkId } = authority;
  const identity = await makeIndexIdentity(() => authority, hosts, nowMs);
  const revocations = new RevocationList(catalog, nowMs);
  await revocations.refresh();
  const isRevoked: RevocationList['isRevoked'] = (member) => revocations.isRevoked(member);
  const steadyMs = (): number => performance.now();
  const [attempts, budget] = [new FailedAttempts(steadyMs), new EnrolmentBudget(steadyMs, init.enrolmentsPerMinute)];
  const oidc = await openOidc(init, nowMs);
  const proofs = { store: catalog, attempts, budget, isRevoked, oidc };
  const enrollment = { authority: () => authority, certificateLifetimeMs, ...proofs };
  const endLease = async (peerId: string): Promise<void> => {
    const peer = await catalog.findPeer(peerId, leaseClockMs());
    if (peer !== undefined) await catalog.retire(peer.peerKey, leaseClockMs());
  };
  const users = { store: catalog, revocations, randomBytes, nowMs, endLease };
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  /** Another key may have been added, or put in place of another, by the command beside this process. */
  const reopenIfChanged = async (): Promise<boolean> => {
    const now = await authorityStamp(folder);
    if (now === stamp) return false;
    const reopened = await open();
    if (reopened.networkId !== networkId)
      throw CardumeError.invalidField('authority', `${folder} is of another network now`);
    stamp = now;
    authority = reopened;
    logger.info({ networkId }, 'the authority has changed');
    return true;
  };

  const tick = async (renewTls: (tls: ServerTls) => void): Promise<void> => {
    try {
      await revocations.refresh();
      const isOther = await reopenIfChanged();
      if (isOther || nowMs() >= identity.renewAtMs) {
        identity.renew();
        renewTls(identity.serverTls());
        logger.info({ networkId }, 'renewed the certificate of the index');
      }
    } catch (error) {
      // What it looks into is closed as well then.
      if (isClosed) return;
      logger.error(
        { problem: messageOf(error) },
        'could not look who was revoked, read the authority, or renew the certificate of the index',
      );
    }
    if (!isClosed) timer = setTimeout(() => void tick(renewTls), revocationRefreshMs);
  };

  return {
    networkId,
    gate: createNetworkGate({ networkId, roleFor: indexRoleFor, isRevoked, nowMs }),
    services: [
      serve(EnrollmentServiceDefinition, createEnrollmentService(enrollment)),
      serve(UserServiceDefinition, createUserService(users)),
    ],
    revocations,
    identity,
    invites: (addresses) =>
      keepInvites(folder, catalog, networkId, addresses, { nowMs: nowMs(), takesIdTokens: oidc !== undefined }),
    start(renewTls) {
      timer = setTimeout(() => void tick(renewTls), revocationRefreshMs);
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}

/** The library for id tokens is loaded only where they are taken. The issuer is asked for nothing yet: it may be away. */
async function openOidc(
  { oidc: settings, catalog, logger }: TrustInit,
  nowMs: () => number,
): Promise<OidcComponents | undefined> {
  if (settings === undefined) return undefined;
  const { createIdTokenVerifier } = await import('./adapters/trust/oidc/verify-id-token.ts');
  const verify = createIdTokenVerifier({ settings, logger, nowMs, steadyMs: () => performance.now() });
  return { settings, verify, store: catalog, randomBytes, nowMs };
}
