import type { Addresses } from '../../core/address/parse-addresses.ts';
import { printable } from '../../core/names/printable.ts';
import { checkIdToken, idTokenEndMs } from '../../core/trust/id-token.ts';
import { renewAfterMs } from '../../core/trust/renewal-times.ts';
import { CardumeError } from '../../errors/cardume-error.ts';
import { cardumeErrorFrom } from '../../errors/from-unknown.ts';
import type { EnrolProof } from './enrol.ts';
import type { IdentityFolder, KeptMembership } from './identity-folder.ts';

/** Of which network a certificate is wanted, and what proves who wants it. */
export interface MembershipInit {
  /** Where this machine's key and certificate are kept: see `openIdentityFolder`. */
  folder: string;
  networkId: string;
  /** Those of its index. */
  addresses: Addresses;
  /** A user's token, for the first time. */
  token?: string | undefined;
  /**
   * An id token of the issuer that the network names, in the place of a token. It is used when this machine has no certificate
   * that is valid, and instead of a renewal that is due now: so what its user may do there is as the issuer says today.
   */
  idToken?: string | undefined;
}

/**
 * The membership of this machine, by a certificate that is valid: what it has, renewed when half of its time has gone, or enrolled
 * with what proof there is.
 *
 * @throws CardumeError CERTIFICATE_REFUSED when there is no certificate and no token of either kind; what `enrol` throws
 */
export async function currentMembership(identity: IdentityFolder, init: MembershipInit): Promise<KeptMembership> {
  const { networkId, addresses } = init;
  const proof = proofOf(init);
  const { membership } = identity;
  const isOurs = membership !== undefined && membership.networkId === networkId;
  const valid = isOurs && membership.notAfterMs > Date.now() ? membership : undefined;
  if (valid !== undefined && renewAfterMs(valid, Date.now()) > 0) return valid;
  const renewed = valid === undefined ? undefined : await renewIfPossible(identity, valid, init);
  if (renewed !== undefined) return renewed;
  if (proof === undefined) throw await certificateMissing(isOurs ? 'has ended' : 'is missing', init);
  const enrol = await loadEnrol();
  return enrol({ identity, networkId, addresses, proof });
}

/** What there is goes on while the index is away. Undefined: the index refuses it, and the token may be taken. */
async function renewIfPossible(
  identity: IdentityFolder,
  valid: KeptMembership,
  init: MembershipInit,
): Promise<KeptMembership | undefined> {
  const { networkId, addresses, idToken } = init;
  const enrol = await loadEnrol();
  // One that has ended is left in some variable; it would be counted as a wrong one.
  if (idToken !== undefined && (idTokenEndMs(idToken) ?? Infinity) > Date.now()) {
    try {
      return await enrol({ identity, networkId, addresses, proof: { idToken } });
    } catch {
      // The certificate is proof as well, and says below what is wrong.
    }
  }
  try {
    return await enrol({ identity, networkId, addresses, proof: undefined });
  } catch (error) {
    const failure = cardumeErrorFrom(error);
    if (failure.code !== 'UNAUTHENTICATED') return valid;
    if (proofOf(init) === undefined) throw failure;
    return undefined;
  }
}

function proofOf({ token, idToken }: MembershipInit): EnrolProof | undefined {
  if (idToken === undefined) return token === undefined ? undefined : { token };
  if (token === undefined) return { idToken: checkIdToken(idToken, 'idToken') };
  throw CardumeError.invalidField('idToken', 'stands in the place of a token; give one of them');
}

/** Says what to do without a certificate; where people sign in, the index says, if it is there. */
async function certificateMissing(state: string, init: MembershipInit): Promise<CardumeError> {
  const { askOidcIssuer } = await import('./ask-oidc-issuer.ts');
  const oidc = await askOidcIssuer(init).catch(() => undefined);
  const [audience = ''] = oidc?.audiences ?? [];
  const step =
    oidc === undefined
      ? 'use an invite once more: --index INVITE'
      : `sign in at ${printable(oidc.issuer)} for ${printable(audience)}, and give the id token: CARDUME_ID_TOKEN or --id-token-file PATH`;
  return new CardumeError(
    'CERTIFICATE_REFUSED',
    `this machine's certificate of network ${init.networkId.slice(0, 16)}… ${state}; ${step}`,
  );
}

/** It needs a library for signing requests, which most processes do without. */
export async function loadEnrol(): Promise<typeof import('./enrol.ts')['enrol']> {
  return (await import('./enrol.ts')).enrol;
}
