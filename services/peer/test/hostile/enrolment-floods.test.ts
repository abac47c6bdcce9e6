import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Address, connect, formatAddress, openIndex, parseAddress } from '@cardume/client';
import {
  makeKey,
  makeRequest,
  type Network,
  openNetwork,
  openUsers,
  parseInvite,
  tokenOf,
} from '@cardume/client/trust';
import { EnrollRequest } from '@cardume/proto/trust/v1';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type StartedProcess, startProcess } from '../../../../tests/support/start-process.ts';
import { temporaryFolder } from '../../../../tests/support/temporary-folder.ts';
import { underAttack } from './support/under-attack.ts';

// Somebody without a certificate who asks for one as often as it can, in a process of its own, as the index is. What honest callers
// see meanwhile is printed.

const folder = temporaryFolder();
const mib = 1024 * 1024;
const floodMs = 10_000;
/** What docs/limits.md says one user gets, at once and in a minute. */
const enrolmentsPerMinute = 1_000;
const ok = '0';
const invalidArgument = '3';
const resourceExhausted = '8';
const unauthenticated = '16';

const processes: StartedProcess[] = [];
const closings: (() => void)[] = [];
let index: StartedProcess;
let address: Address;
let callHonestly: () => Promise<void>;
/** Of users of their own, so that nobody else is told to come back. */
let tokens: { eve: string; mallory: string };

function run(script: string, ...args: string[]): StartedProcess {
  const started = startProcess(process.execPath, [join(import.meta.dirname, 'support', script), ...args]);
  processes.push(started);
  return started;
}

async function enrol(name: string, invite: unknown): Promise<Network> {
  const { networkId, addresses, token } = parseInvite(String(invite));
  const network = await openNetwork({ folder: join(folder, name), networkId, addresses, token });
  closings.push(() => network.close());
  return network;
}

beforeAll(async () => {
  index = run('run-network.ts', JSON.stringify({ authority: join(folder, 'authority') }));
  const listening = await index.waitForObject('listening');
  address = parseAddress(String(listening.address), 'address');
  const member = await enrol('member', listening.invite);
  const admin = await enrol('admin', listening.admin);
  const users = openUsers([address], () => admin.tlsOfIndex());
  const open = connect({ index: address, network: member });
  closings.push(
    () => users.close(),
    () => open.close(),
  );
  tokens = { eve: await users.add('eve', 'member'), mallory: await users.add('mallory', 'member') };
  callHonestly = async () => {
    await open.index.stats();
    const anew = openIndex(address, { tls: () => member.tlsOfIndex() });
    try {
      await anew.search({ query: 'honest' });
    } finally {
      anew.close();
    }
  };
}, 60_000);

afterAll(async () => {
  for (const close of closings) close();
  await Promise.all(processes.map((started) => started.stop()));
});

/** As long as a signing request may be, of what would take the longest to read: very many numbers. */
function requestOfManyParts(): Uint8Array {
  return Buffer.from(`30821e78${'020101'.repeat(2_600)}`, 'hex');
}

/** Floods the index with one request to enrol. @returns how often calls ended with which status of gRPC */
async function flood(what: string, request: Partial<EnrollRequest>): Promise<Map<string, number>> {
  const message = join(folder, 'message');
  writeFileSync(message, EnrollRequest.encode(EnrollRequest.fromPartial(request)).finish());
  const path = '/cardume.trust.v1.EnrollmentService/Enroll';
  const options = JSON.stringify({ path, connections: 4, atOnce: 25, durationMs: floodMs });
  const flooding = run('flood-messages.ts', formatAddress(address), message, options);
  const { begun, cut, statuses } = await underAttack({
    what,
    victims: { index },
    callHonestly,
    attack: () => flooding.waitForObject('flooded'),
  });
  console.info(JSON.stringify({ begun, cut, statuses }));
  await callHonestly();
  // Calls of a connection that was cut have none.
  return new Map(Object.entries(statuses as Record<string, number>).filter(([status]) => !status.startsWith('reset')));
}

/** Floods the index until some calls are refused: a slow one does not get to as many as one user may make in the time of one flood. */
async function floodUntilRefused(what: string, request: Partial<EnrollRequest>) {
  const startMs = performance.now();
  const statuses = new Map<string, number>();
  for (let round = 0; round < 4 && !statuses.has(resourceExhausted); round += 1) {
    for (const [status, count] of await flood(what, request)) statuses.set(status, (statuses.get(status) ?? 0) + count);
  }
  return { statuses, minutes: (performance.now() - startMs) / 60_000 };
}

describe('who enrols as often as it can', () => {
  test('without a token gets no certificate, and stops nobody', async () => {
    const statuses = await flood('enrolments without a token', { signingRequest: await makeRequest(await makeKey()) });
    expect([...statuses.keys()]).toEqual([unauthenticated]);
  }, 120_000);

  test("with a member's token gets as many as one may, and stops nobody", async () => {
    const signingRequest = await makeRequest(await makeKey());
    const request = { signingRequest, token: tokens.eve };
    const { statuses, minutes } = await floodUntilRefused('enrolments with a token', request);
    expect([...statuses.keys()].sort()).toEqual([ok, resourceExhausted]);
    expect(statuses.get(ok)).toBeLessThanOrEqual(enrolmentsPerMinute * (1 + minutes));
  }, 120_000);

  test("with a member's token and requests of thousands of parts gets no certificate, and stops nobody", async () => {
    const request = { signingRequest: requestOfManyParts(), token: tokens.mallory };
    const statuses = await flood('enrolments with a token and requests of thousands of parts', request);
    for (const status of statuses.keys()) expect([invalidArgument, resourceExhausted]).toContain(status);
    const seconds = floodMs / 1_000 + 5;
    expect(statuses.get(invalidArgument)).toBeLessThanOrEqual(enrolmentsPerMinute * (1 + seconds / 60));
  }, 120_000);

  test('with wrong tokens has to wait, gets no certificate, and stops nobody', async () => {
    const signingRequest = await makeRequest(await makeKey());
    const statuses = await flood('enrolments with a wrong token', {
      signingRequest,
      token: tokenOf(new Uint8Array(32)),
    });
    expect([...statuses.keys()].sort()).toEqual([unauthenticated, resourceExhausted].sort());
    expect(statuses.get(unauthenticated)).toBeLessThanOrEqual(100);
  }, 120_000);

  test('with requests of 3 MiB gets no certificate, and stops nobody', async () => {
    const request = { signingRequest: new Uint8Array(3 * mib) };
    const statuses = await flood('enrolments of 3 MiB without a token', request);
    for (const status of statuses.keys()) expect([unauthenticated, resourceExhausted]).toContain(status);
  }, 120_000);
});
