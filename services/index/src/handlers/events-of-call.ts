import type {
  JoinRequest,
  JoinResponse,
  LeaveRequest,
  LookupRequest,
  PublishResponse,
  ReportHolderRequest,
  SearchRequest,
  SearchResponse,
} from '@cardume/proto/index/v1';
import { MatchMode } from '@cardume/proto/index/v1';
import {
  type AddUserRequest,
  type EnrollRequest,
  type EnrollResponse,
  type RevokePeerRequest,
  type RevokeUserRequest,
  Role,
  type RotateTokenRequest,
} from '@cardume/proto/trust/v1';
import type { EndedCall } from '@cardume/service-kit';
import type { AuditDetail, AuditEvent } from '@cardume/service-kit/audit';

type Describe = (call: EndedCall) => AuditEvent;

const ofIndex = '/cardume.index.v1.IndexService/';
const ofUsers = '/cardume.trust.v1.UserService/';
const connect = '/cardume.relay.v1.RelayService/Connect';
const enroll = '/cardume.trust.v1.EnrollmentService/Enroll';

/** What succeeded is which event. A request and a response are those of the method, which the path says. */
const events = new Map<string, Describe>([
  [`${ofIndex}Join`, ({ request, response }) => joined(request as JoinRequest, response as JoinResponse)],
  [`${ofIndex}Publish`, ({ response }) => listChanged(response as PublishResponse)],
  [`${ofIndex}Leave`, ({ request, caller }) => left(request as LeaveRequest, caller !== undefined)],
  [`${ofIndex}Search`, ({ request, response }) => searched(request as SearchRequest, response as SearchResponse)],
  [`${ofIndex}Lookup`, ({ request }) => lookedUp(request as LookupRequest)],
  [`${ofIndex}ReportHolder`, ({ request }) => reported(request as ReportHolderRequest)],
  [`${ofIndex}ListPeers`, () => ({ event: 'peers_listed' })],
  [enroll, ({ request, response }) => enrolled(request as EnrollRequest, response as EnrollResponse)],
  [`${ofUsers}AddUser`, ({ request }) => userAdded(request as AddUserRequest)],
  [`${ofUsers}ListUsers`, () => ({ event: 'users_listed' })],
  [`${ofUsers}RevokeUser`, ({ request }) => ({ event: 'user_revoked', detail: ofUser(request as RevokeUserRequest) })],
  [
    `${ofUsers}RotateToken`,
    ({ request }) => ({ event: 'token_rotated', detail: ofUser(request as RotateTokenRequest) }),
  ],
  [`${ofUsers}RevokePeer`, ({ request }) => peerRevoked(request as RevokePeerRequest)],
]);

/** How a stream of changes ends that had begun: its caller goes away, or takes nothing any more, or the index stops. */
const endsOfWatching = new Set(['CANCELLED', 'DEADLINE_EXCEEDED', 'UNAVAILABLE']);

/** The events that a call of an index is. */
export function eventsOfCall(call: EndedCall): readonly AuditEvent[] {
  const { path, status, notes } = call;
  // It notes one when there was a connection, however that ended.
  if (path === connect && notes.length > 0)
    return notes.map((note) => ({ event: 'relayed', detail: note as AuditDetail }));
  if (status === 'OK') {
    const describe = events.get(path);
    return describe === undefined ? [] : [describe(call)];
  }
  return failed(call);
}

/** What became of a call that ended otherwise. */
function failed({ path, status, request }: EndedCall): readonly AuditEvent[] {
  if (path === enroll) return [{ event: 'enrolment_refused', isRefusal: true }];
  if (path === `${ofIndex}Watch` && request !== undefined && endsOfWatching.has(status)) return [{ event: 'watched' }];
  return [];
}

function joined({ port, shareName }: JoinRequest, response: JoinResponse): AuditEvent {
  const { peerId, host, reachable, fileCount, allowedUsers } = response;
  const rights = allowedUsers.length === 0 ? {} : { allowedUsers };
  return { event: 'joined', detail: { peerId, host, port, shareName, reachable, entryCount: fileCount, ...rights } };
}

function listChanged({ takenFileCount, removedFileCount, fileCount }: PublishResponse): AuditEvent {
  return { event: 'list_changed', detail: { takenFileCount, removedFileCount, entryCount: fileCount } };
}

/** A peer with a certificate need not name itself. */
function left({ peerId }: LeaveRequest, isCertified: boolean): AuditEvent {
  return { event: 'left', ...(isCertified ? {} : { detail: { peerId } }) };
}

function searched({ query, matchMode, extension }: SearchRequest, { hits }: SearchResponse): AuditEvent {
  const mode = nameIn(MatchMode, matchMode);
  return { event: 'searched', detail: { query, mode, extension, hitCount: hits.length } };
}

function lookedUp({ queries }: LookupRequest): AuditEvent {
  return { event: 'searched', detail: { queries, queryCount: queries.length } };
}

function reported({ peerId, digest }: ReportHolderRequest): AuditEvent {
  return { event: 'holder_reported', detail: { peerId, digest } };
}

/** Before its certificate a peer is nobody, so that who it is now is in the detail. */
function enrolled({ token, idToken }: EnrollRequest, { peerId, user, role, expireTime }: EnrollResponse): AuditEvent {
  const proof = token !== '' ? 'token' : idToken !== '' ? 'id_token' : 'certificate';
  return {
    event: 'enrolled',
    detail: { proof, peerId, user, role: nameIn(Role, role), expireTime: expireTime?.toISOString() },
  };
}

function userAdded({ name, role }: AddUserRequest): AuditEvent {
  const given = role === Role.ROLE_UNSPECIFIED ? Role.ROLE_MEMBER : role;
  return { event: 'user_added', detail: { user: name, role: nameIn(Role, given) } };
}

function ofUser({ name }: RevokeUserRequest | RotateTokenRequest): AuditDetail {
  return { user: name };
}

function peerRevoked({ peerId }: RevokePeerRequest): AuditEvent {
  return { event: 'peer_revoked', detail: { peerId } };
}

/** How the contract calls a value: `ROLE_MEMBER` is `member`. */
function nameIn(values: Readonly<Record<string, number | string>>, value: number | string): string | undefined {
  const [name] = Object.entries(values).find(([, known]) => known === value) ?? [];
  return name?.replace(/^(?:ROLE|MATCH_MODE)_/, '').toLowerCase();
}
