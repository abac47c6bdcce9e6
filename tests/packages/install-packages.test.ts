import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { installPackages } from './support/install-packages.ts';

const project = temporaryFolder();
writeFileSync(join(project, 'package.json'), '{ "private": true }\n');

test('a registry that cannot be reached is told from an install that is wrong', async () => {
  // Nothing listens on port 1, and an empty cache has nothing.
  const options = ['--registry=http://127.0.0.1:1/', `--cache=${join(project, 'cache')}`];
  expect(await installPackages(project, ['commander'], options)).toBe(false);
  await expect(installPackages(project, ['./no-such-file.tgz'], options)).rejects.toThrow(/no-such-file\.tgz/);
});
