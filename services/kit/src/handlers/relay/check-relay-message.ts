import { CardumeError } from '@cardume/client';
import type { PeerIdentity } from '@cardume/client/trust';
import { maxTunnelDataBytes } from '../../core/relay/relay-limits.ts';

const idForm = /^[0-9a-f]{64}$/;

/** @throws CardumeError INVALID_FIELD */
export function checkPeerId(peerId: string): string {
  if (idForm.test(peerId)) return peerId;
  throw CardumeError.invalidField('peer_id', 'must be 64 lower-case hex digits');
}

/**
 * Which peer listens.
 *
 * @throws CardumeError INVALID_FIELD; NOT_ALLOWED when it says to be another than its certificate says
 */
export function listeningPeer(saidId: string, identity: PeerIdentity | undefined): string {
  if (identity === undefined) return checkPeerId(saidId);
  if (saidId === '' || saidId === identity.peerId) return identity.peerId;
  throw new CardumeError('NOT_ALLOWED', 'your certificate is that of another peer; listen as yourself');
}

/** @throws CardumeError INVALID_FIELD */
export function checkTunnelId(tunnelId: Uint8Array): string {
  if (tunnelId.length === 32) return Buffer.from(tunnelId).toString('hex');
  throw CardumeError.invalidField('tunnel_id', 'must be 32 bytes, as Listen told them');
}

/** @throws CardumeError INVALID_FIELD */
export function checkFirstData(data: Uint8Array): void {
  if (data.length > 0) throw CardumeError.invalidField('data', 'must not come before the connection stands');
}

/** @throws CardumeError INVALID_FIELD */
export function checkData(data: Uint8Array): void {
  if (data.length > 0 && data.length <= maxTunnelDataBytes) return;
  throw CardumeError.invalidField('data', `must be 1 to ${maxTunnelDataBytes} bytes; it is ${data.length}`);
}
