// Fails when `npm ci` would refuse package-lock.json, or when it names hosts: it must install from whichever registry
// npm is set up for.
import { readFileSync } from 'node:fs';
import { lockFilePath, missingPackages, readLockFile } from './support/lock-file.ts';

const lines = readFileSync(lockFilePath, 'utf8').split('\n');
const problems = [
  ...lines.flatMap((line, index) =>
    /"resolved": "[a-z+]+:\/\//.test(line) ? [`package-lock.json:${index + 1} names a host: see .npmrc`] : [],
  ),
  ...missingPackages(readLockFile()).map(({ name }) => `package-lock.json has no entry of ${name}: npm run lock`),
];
for (const problem of problems.slice(0, 10)) console.error(problem);
if (problems.length > 10) console.error(`and ${problems.length - 10} more`);
if (problems.length === 0) console.log('package-lock.json is complete and names no host');
else process.exitCode = 1;
