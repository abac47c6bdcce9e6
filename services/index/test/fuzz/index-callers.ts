import { isIP } from 'node:net';
import { isHost } from '@cardume/client';
import {
  FileEntry,
  JoinRequest,
  JoinResponse,
  LeaveRequest,
  LookupRequest,
  LookupResponse,
  MatchMode,
  RenewRequest,
  SearchRequest,
  SearchResponse,
} from '@cardume/proto/index/v1';
import { expect } from '@jest/globals';
import type { Outcome } from '../../../../tests/support/fuzz/documented-outcomes.ts';
import type { KnownRequests, TriedCall } from '../../../../tests/support/fuzz/request-cases.ts';
import { digestOf, peerIdOf } from '../support/listed.ts';
import { requestsLike } from './index-requests.ts';
import { endpoint, entries, folder } from './listed-files.ts';

type Call = (tried: TriedCall) => Promise<Outcome>;

const honestName = 'honest/annual report 2026.pdf';

/** An index with peers, and what may be done to it. */
export interface JoinedIndex {
  known: KnownRequests;
  /** Whether a call leaves the test what it stands on: it dials this machine or nobody, and the known lease goes on. */
  isHarmless: (tried: TriedCall) => boolean;
  /** Fails unless who is honest is served. */
  checkHonest: () => Promise<void>;
}

/** Calls that are to be answered with OK. */
function certain(call: Call) {
  return async (method: string, ...messages: Uint8Array[]): Promise<Uint8Array> => {
    const { status, text, answers } = await call({ method, messages, maxAnswers: 1, isPatient: true });
    const isAnswered = status === 'OK' || (status === 'CANCELLED' && answers.length > 0);
    if (!isAnswered) throw new Error(`an honest ${method} was answered ${status}: ${text}`);
    return answers[0] ?? new Uint8Array();
  };
}

/** Two peers join an index: one that nobody knows the secret of, and one whose secret the fuzzer has. */
export async function joinIndex(call: Call): Promise<JoinedIndex> {
  const ask = certain(call);
  const join = async (peerId: string, files: FileEntry[]): Promise<JoinResponse> =>
    JoinResponse.decode(
      await ask('Join', JoinRequest.encode(JoinRequest.fromPartial({ ...endpoint, peerId, files })).finish()),
    );
  const honestFile = FileEntry.fromPartial({ name: honestName, sizeBytes: 7, digest: digestOf('honest') });
  const honest = await join(peerIdOf('honest'), [honestFile]);
  const known = await join(peerIdOf('known'), [...entries, folder]);
  const others = [await join(peerIdOf('a'), entries.slice(0, 50)), await join(peerIdOf('b'), entries.slice(20, 90))];
  const leaver = await join(peerIdOf('leaver'), []);
  const renewals = [honest, known].map((lease) => RenewRequest.encode(RenewRequest.fromPartial(lease)).finish());
  const exact = { query: honestName, matchMode: MatchMode.MATCH_MODE_EXACT };
  const search = SearchRequest.encode(SearchRequest.fromPartial(exact)).finish();
  const lookup = LookupRequest.encode(LookupRequest.fromPartial({ queries: [honestFile.digest] })).finish();

  return {
    known: await requestsLike(ask, { known, leaver, others: [honest, ...others] }),
    isHarmless: (tried) => dialsNobodyElse(tried) && !endsLease(tried, known),
    async checkHonest() {
      for (const renewal of renewals) await ask('Renew', renewal);
      const hits = [
        ...SearchResponse.decode(await ask('Search', search)).hits,
        ...(LookupResponse.decode(await ask('Lookup', lookup)).results[0]?.hits ?? []),
      ];
      const holder = expect.objectContaining({ peerId: honest.peerId, host: '127.0.0.1', port: 1 });
      const expected = { ...honestFile, holders: [holder] };
      expect(hits.map(({ name, sizeBytes, digest, holders }) => ({ name, sizeBytes, digest, holders }))).toEqual(
        [expected, expected].map(({ name, sizeBytes, digest, holders }) => ({ name, sizeBytes, digest, holders })),
      );
    },
  };
}

function dialsNobodyElse({ method, messages: [message] }: TriedCall): boolean {
  const host = method === 'Join' ? decoded(JoinRequest, message)?.host : undefined;
  // The host of a peer that gives none is that of the test.
  return host === undefined || host === '' || !isHost(host) || (isIP(host) === 4 && host.startsWith('127.'));
}

/** With another secret, which nobody could know, the lease would be of no more use. */
function endsLease({ method, messages: [message] }: TriedCall, { peerId, leaseSecret }: JoinResponse): boolean {
  const leave = method === 'Leave' ? decoded(LeaveRequest, message) : undefined;
  return leave?.peerId === peerId && leave.leaseSecret === leaseSecret;
}

function decoded<Message>(
  type: { decode: (bytes: Uint8Array) => Message },
  bytes: Uint8Array | undefined,
): Message | undefined {
  try {
    return bytes === undefined ? undefined : type.decode(bytes);
  } catch {
    return undefined;
  }
}
