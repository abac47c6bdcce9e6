// Everything that must hold besides the tests: `make check`. All checks run, also after one has failed; each one's
// output is shown when it fails. Run inside npm, which puts the tools on PATH.
import { spawnSync } from 'node:child_process';
import { root } from './support/repository.ts';

const checks: [name: string, ...command: string[]][] = [
  ['format and lint', 'biome', 'check', '--error-on-warnings', '.'],
  ['types', 'tsc', '-p', 'tsconfig.json'],
  ['import rules', 'npm', 'run', '--silent', 'imports'],
  ['contract style', 'buf', 'lint'],
  ['contract format', 'buf', 'format', '--diff', '--exit-code'],
  ['contract compatibility', 'node', 'scripts/check-breaking.ts'],
  ['generated code', 'node', 'scripts/check-generated.ts'],
  ['docs', 'node', 'scripts/check-docs.ts'],
  ['lock file', 'node', 'scripts/check-lock-file.ts'],
];

const failed: string[] = [];
for (const [name, command = '', ...args] of checks) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: root, encoding: 'utf8' });
  const ok = status === 0;
  console.log(`${ok ? 'ok    ' : 'FAILED'}  ${name}`);
  if (ok) continue;
  failed.push(name);
  console.log(`        $ ${[command, ...args].join(' ')}`);
  console.log(error === undefined ? `${stdout}${stderr}` : `        ${error.message}`);
}
console.log(failed.length === 0 ? `all ${checks.length} checks passed` : `failed: ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;
