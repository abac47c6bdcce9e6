import { expect, test } from '@jest/globals';
import { runCommand } from '../../../tests/support/run-command.ts';

test.each([
  ['@cardume/client/digest', 'DigestBuilder'],
  ['@cardume/client/errors', 'errnoOf'],
  ['@cardume/client/swarm', 'SwarmPlanner'],
  ['@cardume/client/folders', 'folderManifest'],
])('%s loads no gRPC: each thread that imports it would load it anew', async (entry, name) => {
  const program = `
      const entry = await import('${entry}');
      const loaded = process.moduleLoadList.filter((name) => /http2|_tls_wrap/.test(name));
      console.log(JSON.stringify({ names: Object.keys(entry), loaded }));`;
  const { code, stdout, stderr } = await runCommand(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: import.meta.dirname,
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { names, loaded } = JSON.parse(stdout);
  expect(names).toContain(name);
  expect(loaded).toEqual([]);
});
