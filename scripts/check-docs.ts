// Fails when a page says what is not so: a link, an example, a command or a limit.
import { checkCommands } from './docs/check-commands.ts';
import { checkExamples } from './docs/check-examples.ts';
import { checkLimits } from './docs/check-limits.ts';
import { checkLinks } from './docs/check-links.ts';
import { readPage } from './docs/page.ts';
import { listFiles } from './support/repository.ts';

const pages = listFiles('*.md').map(readPage);
const problems = [
  ...checkLinks(pages),
  ...checkExamples(pages, listFiles('clients/*/examples/*.ts')),
  ...checkCommands(pages),
  ...(await checkLimits(pages)),
];
for (const problem of problems) console.error(problem);
if (problems.length === 0) console.log(`${pages.length} pages say what is so`);
else process.exitCode = 1;
