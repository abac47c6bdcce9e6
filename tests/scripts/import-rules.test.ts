import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { runCommand } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const repository = join(import.meta.dirname, '../..');
const config = join(repository, '.dependency-cruiser.cjs');
const folder = temporaryFolder();
const targets = [
  'clients/typescript/src/index.ts',
  'services/peer/src/index.ts',
  'clients/cli/src/program.ts',
  'clients/cli/src/commands/run.ts',
  'clients/cli/src/core/exit-code.ts',
  'clients/cli/src/actions/context.ts',
  'clients/cli/src/adapters/places.ts',
  'tests/support/until.ts',
];

function write(path: string, content: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
}
write('tsconfig.json', '{}');
for (const path of targets) write(path, 'export const value = 1;\n');

test.each([
  ['clients/cli/src/actions/a.ts', '../../../typescript/src/index.ts', 'packages-through-their-entry'],
  ['clients/cli/test/b.ts', '../../typescript/src/index.ts', 'packages-through-their-entry'],
  ['tests/contract/c.ts', '../../services/peer/src/index.ts', 'packages-through-their-entry'],
  ['scripts/d.ts', '../clients/cli/src/core/exit-code.ts', 'packages-through-their-entry'],
  ['clients/cli/src/actions/e.ts', '../commands/run.ts', 'command-actions-know-no-commands'],
  ['clients/cli/src/actions/f.ts', '../program.ts', 'command-actions-know-no-commands'],
  ['clients/cli/src/commands/g.ts', '../adapters/places.ts', 'command-commands-know-actions'],
  ['clients/cli/src/adapters/h.ts', '../actions/context.ts', 'command-adapters-know-the-core'],
  ['clients/cli/src/core/i.ts', '../adapters/places.ts', 'core-imports-core'],
  ['clients/cli/src/actions/j.ts', '../core/exit-code.ts', 'nothing'],
  ['clients/cli/test/k.ts', '../src/program.ts', 'nothing'],
  ['clients/cli/test/l.ts', '../../../tests/support/until.ts', 'nothing'],
])('%s that imports %s breaks %s', async (from, to, rule) => {
  write(from, `export { value } from '${to}';\n`);
  const depcruise = join(repository, 'node_modules/.bin/depcruise');
  const { stdout } = await runCommand(depcruise, ['--config', config, '--output-type', 'json', from], { cwd: folder });
  const { summary } = JSON.parse(stdout);
  const broken = summary.violations.map((violation: { rule: { name: string } }) => violation.rule.name);
  expect(broken).toEqual(rule === 'nothing' ? [] : expect.arrayContaining([rule]));
});
