import { join } from 'node:path';
import { hashToken, makeKey, makeRequest, readTrustFile } from '@cardume/client/trust';
import {
  AddUserRequest,
  EnrollmentServiceDefinition,
  EnrollRequest,
  ListUsersRequest,
  ListUsersResponse,
  RevokePeerRequest,
  RevokeUserRequest,
  RotateTokenRequest,
  UserServiceDefinition,
} from '@cardume/proto/trust/v1';
import { createCallPipeline, createLogger } from '@cardume/service-kit';
import { expect, test } from '@jest/globals';
import { callsInProcess } from '../../../../tests/support/fuzz/call-in-process.ts';
import { fuzzSettings } from '../../../../tests/support/fuzz/fuzz-settings.ts';
import { requestCases, type TriedCall } from '../../../../tests/support/fuzz/request-cases.ts';
import { runCases } from '../../../../tests/support/fuzz/run-cases.ts';
import { serviceMethods } from '../../../../tests/support/fuzz/service-methods.ts';
import { temporaryFolder } from '../../../../tests/support/temporary-folder.ts';
import { openSqliteCatalog } from '../../src/adapters/sqlite/open-sqlite-catalog.ts';
import { openTrust } from '../../src/open-trust.ts';
import { peerIdOf } from '../support/listed.ts';

const file = 'services/index/test/fuzz/trust.fuzz.test.ts';
const folder = temporaryFolder();

/** The services of a network's authority, as any caller reaches the first and an admin the second. */
async function openServices() {
  const catalog = openSqliteCatalog({ file: join(folder, 'index.db') });
  const logger = createLogger({ service: 'index', level: 'error', format: 'json' });
  const authority = join(folder, 'authority');
  const trust = await openTrust({
    folder: authority,
    hosts: [],
    certificateLifetimeMs: undefined,
    oidc: undefined,
    catalog,
    leaseClockMs: Date.now,
    logger,
  });
  await trust.invites([{ host: '127.0.0.1', port: 50_051 }]);
  const { services } = trust;
  const calls = createCallPipeline({ services, logger });
  const [enrollment, users] = services;
  if (enrollment === undefined || users === undefined) throw new Error('a service is missing');
  const token = (await readTrustFile(join(authority, 'token'), true))?.trim() ?? '';
  return {
    catalog,
    token,
    openCalls: () => calls.terminator.openCalls,
    enrollment: callsInProcess(enrollment, EnrollmentServiceDefinition, calls),
    users: callsInProcess(users, UserServiceDefinition, calls),
  };
}

test(
  'no message of the services of trust makes an index fail, enrols a stranger, or forgets a user',
  async () => {
    const { catalog, token, openCalls, enrollment, users } = await openServices();
    const request = await makeRequest(await makeKey());
    const enroll = EnrollRequest.encode({ signingRequest: Buffer.from(request), token, idToken: '' }).finish();
    const once = (method: string, message: Uint8Array): TriedCall => ({ method, messages: [message], maxAnswers: 1 });
    const hasToken = ({ messages: [message = new Uint8Array()] }: TriedCall): boolean =>
      Buffer.from(message).includes(token);
    // Nobody else's tokens are known, so that whatever enrols has this one.
    const strangers: string[] = [];
    const settings = fuzzSettings(file, { share: 0.02 });
    const callEnrollment = async (tried: TriedCall) => {
      const outcome = await enrollment(tried);
      if (tried.method === 'Enroll' && outcome.status === 'OK' && !hasToken(tried)) strangers.push(outcome.text);
      return outcome;
    };
    try {
      const enrolments = requestCases(serviceMethods(EnrollmentServiceDefinition.fullName), {
        plausible: {},
        real: { GetNetwork: [new Uint8Array()], Enroll: [enroll] },
      });
      await runCases({
        ...settings,
        arbitrary: enrolments,
        call: callEnrollment,
        callsAtOnce: 8,
        checkEvery: 10_000_000,
        checkMeanwhile: async () => expect(openCalls()).toBe(0),
      });
      expect(strangers).toEqual([]);

      const names = ['ana', 'bia', 'João', 'c'.repeat(64)];
      const managing = requestCases(serviceMethods(UserServiceDefinition.fullName), {
        plausible: { name: names, peer_id: [peerIdOf('a'), ''] },
        real: {
          AddUser: names.map((name) => AddUserRequest.encode({ name, role: 2 }).finish()),
          ListUsers: [ListUsersRequest.encode({ pageSize: 2, pageToken: '' }).finish()],
          RevokeUser: [RevokeUserRequest.encode({ name: 'bia' }).finish()],
          RotateToken: [RotateTokenRequest.encode({ name: 'ana' }).finish()],
          RevokePeer: [RevokePeerRequest.encode({ peerId: peerIdOf('a') }).finish()],
        },
      }).filter(({ messages: [message = new Uint8Array()] }) => !Buffer.from(message).includes('everyone'));
      await runCases({
        ...settings,
        arbitrary: managing,
        call: users,
        callsAtOnce: 8,
        checkEvery: 10_000_000,
        checkMeanwhile: async () => expect(openCalls()).toBe(0),
      });
      const { answers } = await users(once('ListUsers', new Uint8Array()));
      const listed = ListUsersResponse.decode(answers[0] ?? new Uint8Array()).users.map(({ name }) => name);
      expect(listed).toEqual(expect.arrayContaining(['admin', 'ana']));
      expect(await catalog.findUserOfToken(hashToken(token))).toMatchObject({ user: 'everyone', role: 'member' });
    } finally {
      await catalog.close();
    }
  },
  30 * 60_000,
);
