/**
 * Trust alone: identities, certificates and invites. It loads no gRPC.
 *
 * @example
 * ```ts
 * import { makeRequest, openIdentityFolder, parseInvite } from '@cardume/client/trust';
 *
 * const identity = await openIdentityFolder('/tmp/identity-of-example');
 * const request = await makeRequest(identity.privateKey);
 * console.log(identity.peerId, request.length, identity.membership?.identity.user);
 * try {
 *   console.log(parseInvite('cardume-invite-1-…').addresses);
 * } catch (error) {
 *   console.error(error); // INVALID_FIELD: mistyped
 * }
 * ```
 *
 * @packageDocumentation
 */
export { askOidcIssuer, type OidcIssuer } from './adapters/trust/ask-oidc-issuer.ts';
export {
  checkIndexCertificate,
  checkPeerCertificate,
  readMember,
} from './adapters/trust/check-peer-certificate.ts';
export { checkPinnedChain, presentedChain } from './adapters/trust/check-pinned-chain.ts';
export {
  type IdentityFolder,
  type KeptMembership,
  type Membership,
  openIdentityFolder,
} from './adapters/trust/identity-folder.ts';
export { makeKey } from './adapters/trust/make-key.ts';
export { makeRequest } from './adapters/trust/make-request.ts';
export { type Network, type NetworkInit, openNetwork } from './adapters/trust/network.ts';
export { openUsers, type User, type UsersClient } from './adapters/trust/open-users.ts';
export {
  createSecretFile,
  makeOwnerFolder,
  readTrustFile,
  replaceTrustFile,
} from './adapters/trust/owner-file.ts';
export { publicKeyDerOf } from './adapters/trust/read-certificate.ts';
export { publicKeyDerOfPrivate, readPrivateKey } from './adapters/trust/read-key.ts';
export { certificatesOfPem } from './adapters/trust/read-pem.ts';
export { hasSigned, verifyCertificate } from './adapters/trust/verify-certificate.ts';
export { roleOfWire, wireRole } from './adapters/trust/wire-role.ts';
export { ecdsaWithSha256 } from './core/trust/algorithms.ts';
export { type CertificateHolder, certificateUri, parseCertificateUri } from './core/trust/certificate-uri.ts';
export { checkIdToken, maxIdTokenBytes } from './core/trust/id-token.ts';
export { formatInvite, type Invite, looksLikeInvite, maxInviteLength, parseInvite } from './core/trust/invite.ts';
export { isKeyId, keyIdOf } from './core/trust/key-id.ts';
export { checkNetworkId, isNetworkId, networkIdOf } from './core/trust/network-id.ts';
export { checkPeerIdentity, isRole, type PeerIdentity, type Role, roles } from './core/trust/peer-identity.ts';
export { indexServerName, peerServerName } from './core/trust/server-names.ts';
export { matchesShortId, parseShortId, shortIdOf } from './core/trust/short-id.ts';
export { checkToken, hashToken, isToken, isTokenOfHash, tokenOf, tokenSecretBytes } from './core/trust/token.ts';
export {
  checkUserName,
  maxAllowedUsers,
  maxUserNameBytes,
  sharedUserName,
  userNameProblem,
} from './core/trust/user-name.ts';
