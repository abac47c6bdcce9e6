// The checks of `make check` find what is wrong with a page; that the real pages pass is what `make check` shows.
import { describe, expect, test } from '@jest/globals';
import { checkCommands } from '../../scripts/docs/check-commands.ts';
import { checkExamples } from '../../scripts/docs/check-examples.ts';
import { checkLimits } from '../../scripts/docs/check-limits.ts';
import { checkLinks } from '../../scripts/docs/check-links.ts';
import { type Page, parsePage, readPage } from '../../scripts/docs/page.ts';

const example = 'clients/typescript/examples/search-and-get.ts';

function page(...lines: string[]): Page {
  return parsePage('docs/page.md', lines.join('\n'));
}

function fenced(language: string, ...lines: string[]): string[] {
  return [`\`\`\`${language}`, ...lines, '```'];
}

describe('the docs checks', () => {
  test('find links to files and headings that are not there', () => {
    const links =
      '[a](errors.md#from-a-service) [b](none.md) [c](errors.md#none) [d](../README.md) [e](https://x.example)';
    expect(checkLinks([page(links, ...fenced('md', '[f](in-code.md)'))])).toEqual([
      'docs/page.md:1: nothing is at none.md',
      'docs/page.md:1: nothing is at errors.md#none',
    ]);
  });

  test('find examples that differ from their file, or that no page shows', () => {
    const differing = page(`<!-- file: ${example} -->`, ...fenced('ts', 'nothing'));
    expect(checkExamples([differing], [example])).toEqual([`docs/page.md:3: the block differs from ${example}`]);
    expect(checkExamples([page()], [example])).toEqual([`${example} stands in no page`]);
    expect(checkExamples([readPage('clients/typescript/README.md')], [example])).toEqual([]);
  });

  test('find commands, flags, targets and scripts that are not there', () => {
    const good = ['make test', 'npx cardume get --output x y', 'npm run lock', 'docker-compose run --rm cardume peers'];
    const bad = ['make nothing', 'cardume shove x', 'npx cardume get --wrong x', 'npm run nothing'];
    expect(checkCommands([page(...fenced('sh', ...good))])).toEqual([]);
    expect(checkCommands([page(...fenced('sh', ...bad), 'and `make neither`')])).toEqual([
      'docs/page.md:2: no target: make nothing',
      'docs/page.md:2: no such subcommand: cardume shove x',
      'docs/page.md:2: no flag --wrong: npx cardume get --wrong x',
      'docs/page.md:2: no script: npm run nothing',
      'docs/page.md:7: no target: make neither',
    ]);
  });

  test('find grpcurl lines that no test runs', () => {
    const proven = readPage('docs/grpcurl.md');
    const lines = ['$ grpcurl -plaintext localhost:50051 list', '$ grpcurl -plaintext localhost:50051 list other'];
    expect(checkCommands([proven, page(...fenced('console', ...lines))])).toEqual([
      'docs/page.md:2: not in docs/grpcurl.md: grpcurl -plaintext localhost:50051 list other',
    ]);
  });

  test('find limits that are not those of the code', async () => {
    const rows = [
      '| `maxRequestBytes` | 5 MiB | kit | |',
      '| `maxNothing` | 1 | kit | |',
      '| `connectTimeoutMs` | 5 s | | |',
    ];
    const problems = await checkLimits([parsePage('docs/limits.md', rows.join('\n'))]);
    expect(problems).toEqual(
      expect.arrayContaining([
        'docs/limits.md:1: maxRequestBytes is "5 MiB" here and 4194304 in services/kit/src/core/limits.ts',
        'docs/limits.md:2: nothing exports maxNothing',
        'docs/limits.md has no row for maxFilesPerPeer of services/index/src/core/limits.ts',
      ]),
    );
    expect(problems.filter((problem) => problem.includes('connectTimeoutMs'))).toEqual([]);
  });
});
