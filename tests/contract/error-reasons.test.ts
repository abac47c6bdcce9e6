import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { statusOfReason } from '@cardume/client';
import { ErrorReason } from '@cardume/proto/errors/v1';
import { expect, test } from '@jest/globals';

const repository = join(import.meta.dirname, '../..');
const inTheClient: Record<string, string> = statusOfReason;

test('the contract, the SDK and the catalogue name the same error reasons', () => {
  const prefix = 'ERROR_REASON_';
  const inTheContract = Object.keys(ErrorReason)
    .filter((name) => name.startsWith(prefix) && name !== `${prefix}UNSPECIFIED`)
    .map((name) => name.slice(prefix.length));
  expect(inTheContract.length).toBeGreaterThan(0);
  expect(Object.keys(inTheClient).sort()).toEqual(inTheContract.sort());
  expect(
    catalogue()
      .map(({ reason }) => reason)
      .sort(),
  ).toEqual(inTheContract);
});

test('the catalogue gives each reason the status that it travels under, when it comes, and what to do', () => {
  for (const { reason, status, when, whatToDo } of catalogue()) {
    expect({ reason, status }).toEqual({ reason, status: inTheClient[reason] });
    expect(when.length).toBeGreaterThan(10);
    expect(whatToDo.length).toBeGreaterThan(10);
  }
});

test('the comment of each reason in the contract begins with its status', () => {
  const proto = readFileSync(join(repository, 'proto/cardume/errors/v1/error_reason.proto'), 'utf8');
  const commented = [...proto.matchAll(/ {2}\/\/ ([A-Z_]+)[^\n]*\n(?: {2}\/\/[^\n]*\n)* {2}ERROR_REASON_(\w+) = /g)];
  const statuses = new Map(commented.map(([, status, reason]) => [reason, status]));
  for (const [reason, status] of Object.entries(inTheClient)) {
    // The SDK makes one reason of both UNAUTHENTICATED and PERMISSION_DENIED.
    const expected = reason === 'NOT_ALLOWED' ? 'UNAUTHENTICATED' : status;
    expect({ reason, status: statuses.get(reason) }).toEqual({ reason, status: expected });
  }
});

interface Row {
  reason: string;
  status: string;
  when: string;
  whatToDo: string;
}

/** The rows of docs/errors.md. */
function catalogue(): Row[] {
  const page = readFileSync(join(repository, 'docs/errors.md'), 'utf8');
  return page.split('\n').flatMap((line) => {
    const [, reason = '', status = '', when = '', whatToDo = ''] = line.split('|').map((cell) => cell.trim());
    const name = /^`([A-Z_]+)`$/.exec(reason)?.[1];
    return name === undefined ? [] : [{ reason: name, status, when, whatToDo }];
  });
}
