// Makes what is published: for each workspace a folder with compiled JavaScript, type declarations and a manifest of its
// own, and the tarball that npm makes of it. Development, tests and containers need none of this: there Node runs the
// sources. Run inside npm, which puts tsc on PATH: node scripts/build-packages.ts [EMPTY-FOLDER]; default: a new dist/
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { publishedManifest } from './support/published-manifest.ts';
import { root } from './support/repository.ts';

const [given] = process.argv.slice(2);
const dist = given === undefined ? join(root, 'dist') : resolve(given);
const compiled = join(dist, '.compiled');

/** Makes the folder NAME of a workspace and returns that folder. */
function assemble(workspace: string): string {
  const source = join(root, workspace);
  const manifest = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'));
  const target = join(dist, basename(manifest.name));
  mkdirSync(target);
  // The contract, the descriptor set and other files that are no TypeScript go along as they are.
  for (const folder of ['src', 'gen', 'cardume'].filter((name) => existsSync(join(source, name)))) {
    cpSync(join(source, folder), join(target, folder), { recursive: true, filter: (path) => !path.endsWith('.ts') });
  }
  cpSync(join(compiled, workspace), target, { recursive: true });
  const readme = existsSync(join(source, 'README.md')) ? join(source, 'README.md') : undefined;
  if (readme !== undefined) cpSync(readme, join(target, 'README.md'));
  cpSync(join(root, 'LICENSE'), join(target, 'LICENSE'));
  writeFileSync(join(target, 'package.json'), `${JSON.stringify(publishedManifest(manifest), null, 2)}\n`);
  return target;
}

if (given === undefined) rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });
execFileSync('tsc', ['-p', 'tsconfig.build.json', '--outDir', compiled], { cwd: root, stdio: 'inherit' });
const { workspaces }: { workspaces: string[] } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const folders = workspaces.map(assemble);
rmSync(compiled, { recursive: true });
execFileSync('npm', ['pack', '--loglevel=error', '--pack-destination', dist, ...folders], {
  cwd: root,
  stdio: 'inherit',
});
