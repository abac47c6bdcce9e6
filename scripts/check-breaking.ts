// Fails when the contract breaks callers of the one on main: `buf breaking`.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { capture, root } from './support/repository.ts';

/** Main as this clone knows it: a fresh clone of another branch has it only as a branch of its origin. */
function findMain(): string | undefined {
  return ['refs/heads/main', 'refs/remotes/origin/main'].find(
    (ref) => spawnSync('git', ['rev-parse', '--verify', '--quiet', ref], { cwd: root }).status === 0,
  );
}

const main = findMain();
const protos =
  main === undefined ? '' : capture('git', 'ls-tree', '-r', '--name-only', main, '--', 'proto', 'buf.yaml');
if (main === undefined) {
  console.log('this clone knows no main branch: nothing to compare the contract with');
} else if (!protos.includes('.proto') || !protos.includes('buf.yaml')) {
  console.log(`${main} has no contract yet: nothing to compare with`);
} else {
  // An archive, not buf's own `.git#branch=…`: it works in worktrees and shallow clones too.
  const scratch = mkdtempSync(join(tmpdir(), 'cardume-breaking-'));
  try {
    const archive = join(scratch, 'main.tar');
    execFileSync('git', ['archive', '--format=tar', '-o', archive, main, 'buf.yaml', 'proto'], { cwd: root });
    const result = spawnSync('buf', ['breaking', '--against', archive], { cwd: root, stdio: 'inherit' });
    if (result.status === 0) console.log(`the contract breaks no caller of ${main}`);
    process.exitCode = result.status ?? 1;
  } finally {
    rmSync(scratch, { recursive: true });
  }
}
