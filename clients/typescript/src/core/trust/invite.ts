import { createHash } from 'node:crypto';
import { CardumeError } from '../../errors/cardume-error.ts';
import { formatAddress } from '../address/address.ts';
import { type Addresses, checkAddresses, parseAddresses } from '../address/parse-addresses.ts';
import { checkNetworkId } from './network-id.ts';
import { secretOfToken, tokenOf, tokenSecretBytes } from './token.ts';

/** All that a machine needs to enrol in a network. */
export interface Invite {
  /** Pins the network: a server that cannot prove to be its index gets no token. */
  networkId: string;
  /** Where the index is, the preferred address first. */
  addresses: Addresses;
  /** Undefined where machines enrol by other means, such as the organisation's OIDC issuer. */
  token?: string;
}

/** The longest invite in characters: one with 16 addresses of usual length. */
export const maxInviteLength = 2_048;

const family = 'cardume-invite-';
const prefix = `${family}1-`;
const networkIdBytes = 32;
const checksumBytes = 4;

/**
 * Writes an invite as one string to copy: `cardume-invite-1-` and base64url. It holds the token in clear: who has the invite
 * can enrol.
 *
 * In the base64url: one byte that is 1 when a token follows and 0 otherwise, 32 bytes of the network's id, the 32 of the
 * token, the addresses as in {@link parseAddresses}, and the first 4 bytes of the SHA-256 of the prefix and all of these.
 *
 * @throws CardumeError INVALID_FIELD when a part is malformed, or all are too long together
 */
export function formatInvite({ networkId, addresses, token }: Invite): string {
  const text = addresses.map(formatAddress).join(',');
  checkInviteAddresses(parseAddresses(text, 'invite'), 'invite');
  const content = Buffer.concat([
    Buffer.from([token === undefined ? 0 : 1]),
    Buffer.from(checkNetworkId(networkId), 'hex'),
    token === undefined ? Buffer.alloc(0) : secretOfToken(token),
    Buffer.from(text),
  ]);
  const invite = prefix + Buffer.concat([content, checksumOf(content)]).toString('base64url');
  if (invite.length > maxInviteLength) throw tooLong('invite');
  return invite;
}

/** Whether a text wants to be an invite, of this or another version: it begins with `cardume-invite-`. */
export function looksLikeInvite(text: string): boolean {
  return text.trimStart().startsWith(family);
}

/**
 * Reads an invite; space around it does not matter.
 *
 * @param what what the text is, for the message: `--index`
 * @throws CardumeError INVALID_FIELD; it says what is wrong, and never holds the text, in which a token may be
 */
export function parseInvite(text: string, what = 'invite'): Invite {
  if (text.length > maxInviteLength) throw tooLong(what);
  const content = contentOf(text.trim(), what);
  const hasToken = content[0] === 1;
  const tokenStart = 1 + networkIdBytes;
  const addressesStart = tokenStart + (hasToken ? tokenSecretBytes : 0);
  if ((content[0] ?? 2) > 1 || content.length <= addressesStart) {
    throw CardumeError.invalidField(what, 'this invite was made wrongly: parts of it are missing; ask for another one');
  }
  return {
    networkId: content.toString('hex', 1, tokenStart),
    addresses: checkInviteAddresses(parseAddresses(content.toString('utf8', addressesStart), what), what),
    ...(hasToken ? { token: tokenOf(content.subarray(tokenStart, addressesStart)) } : {}),
  };
}

/** What stands between prefix and checksum, when the checksum is right. */
function contentOf(invite: string, what: string): Buffer {
  if (!invite.startsWith(prefix)) {
    const problem = looksLikeInvite(invite)
      ? 'an invite of another version, or mistyped at its start; copy it again, or update cardume'
      : `not an invite; it begins with ${prefix}`;
    throw CardumeError.invalidField(what, problem);
  }
  const encoded = invite.slice(prefix.length);
  const bytes = Buffer.from(encoded, 'base64url');
  const content = bytes.subarray(0, Math.max(0, bytes.length - checksumBytes));
  // Written again, it is the same: base64url has characters of which some bits do not count, and Node skips what is none.
  const isSame = bytes.toString('base64url') === encoded;
  if (!isSame || !checksumOf(content).equals(bytes.subarray(content.length))) {
    throw CardumeError.invalidField(what, 'this invite is mistyped or cut off: its checksum is wrong; copy it again');
  }
  return content;
}

function checkInviteAddresses(addresses: Addresses, what: string): Addresses {
  for (const address of checkAddresses(addresses, what)) {
    if (address.port === 0)
      throw CardumeError.invalidField(what, `${formatAddress(address)}: nobody listens on port 0`);
  }
  return addresses;
}

function checksumOf(content: Uint8Array): Buffer {
  return createHash('sha256').update(prefix).update(content).digest().subarray(0, checksumBytes);
}

function tooLong(what: string): CardumeError {
  return CardumeError.invalidField(what, `an invite has at most ${maxInviteLength} characters`);
}
