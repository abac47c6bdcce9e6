import { expect, test } from '@jest/globals';
import { EnrolmentBudget } from '../../src/core/trust/enrolment-budget.ts';

let nowMs = 0;

/** How many of so many are let in; all others are refused by this bound. */
function letIn(limit: string, count: number, take: () => void): number {
  let passed = 0;
  for (let attempt = 0; attempt < count; attempt += 1) {
    try {
      take();
      passed += 1;
    } catch (error) {
      expect(error).toMatchObject({ reason: 'LIMIT_REACHED', metadata: { limit }, retryDelayMs: 3_000 });
    }
  }
  return passed;
}

test('a user enrols a thousand machines at once, and as many in each minute from then on', () => {
  const budget = new EnrolmentBudget(() => nowMs);
  const enrol = (user: string) => letIn('maxEnrolmentsPerUser', 3_000, () => budget.takeOfUser(user));
  expect([enrol('ana'), enrol('bia')]).toEqual([1_000, 1_000]);
  nowMs += 6_000;
  expect(enrol('ana')).toBe(100);
  nowMs += 3_600_000;
  expect(enrol('ana')).toBe(1_000);
});

test('or as many as the operator says', () => {
  const budget = new EnrolmentBudget(() => nowMs, 5);
  expect(letIn('maxEnrolmentsPerUser', 100, () => budget.takeOfUser('ana'))).toBe(5);
});

test('a peer renews its certificate a hundred times a minute, whatever its user does', () => {
  const budget = new EnrolmentBudget(() => nowMs, 1);
  budget.takeOfUser('p');
  const renew = () => letIn('maxCertificateRenewalsPerPeer', 300, () => budget.takeOfPeer('p'));
  expect(renew()).toBe(100);
  nowMs += 600;
  expect(renew()).toBe(1);
});
