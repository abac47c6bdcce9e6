// Sums up jest's --json reports, a line for each suite and `N passed, N failed` at the end, and fails unless everything
// passed: node scripts/summarize-tests.ts FAILED-PARTS REPORT…
import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { root } from './support/repository.ts';

interface Report {
  testResults: {
    name: string;
    /** `failed` also when the file could not be run at all. */
    status: string;
    assertionResults: { status: string; fullName: string }[];
  }[];
}

interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

const [failedParts, ...reports] = process.argv.slice(2);
const suites = new Map<string, Count>();
let missing = 0;
for (const path of reports) {
  if (!existsSync(path)) {
    console.log(`a suite did not get as far as its report ${path}`);
    missing += 1;
    continue;
  }
  const { testResults }: Report = JSON.parse(readFileSync(path, 'utf8'));
  for (const { name, status, assertionResults } of testResults) {
    const suite = relative(root, name).split('/').slice(0, 2).join('/');
    const count = suites.get(suite) ?? { passed: 0, failed: 0, skipped: 0 };
    suites.set(suite, count);
    const failed = assertionResults.filter((test) => test.status === 'failed').length;
    count.passed += assertionResults.filter((test) => test.status === 'passed').length;
    count.failed += status === 'failed' && failed === 0 ? 1 : failed;
    for (const test of assertionResults.filter((test) => !['passed', 'failed'].includes(test.status))) {
      console.log(`not run: ${test.fullName}`);
      count.skipped += 1;
    }
  }
}

for (const [suite, { passed, failed, skipped }] of suites) {
  console.log(`${suite}: ${passed} passed, ${failed} failed, ${skipped} not run`);
}
const counts = [...suites.values()];
const sum = (key: keyof Count): number => counts.reduce((total, count) => total + count[key], 0);
// What is skipped here, and a part without a report of its own such as `make check`, count as failures.
const failed = sum('failed') + sum('skipped') + missing;
const failedAtAll = failed === 0 ? Number(failedParts) : failed;
console.log(`${sum('passed')} passed, ${failedAtAll} failed`);
process.exitCode = failedAtAll === 0 && sum('passed') > 0 ? 0 : 1;
