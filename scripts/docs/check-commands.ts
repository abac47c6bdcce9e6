import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { listFiles, root } from '../support/repository.ts';
import type { Page } from './page.ts';

/** The page whose grpcurl lines a test runs; every other page may show only those. */
const grpcurlPage = 'docs/grpcurl.md';

interface Command {
  /** PAGE:LINE, for messages. */
  place: string;
  words: string[];
  text: string;
}

/** Each command that a page shows exists: make targets, npm scripts, `cardume` with its flags, proven grpcurl lines. */
export function checkCommands(pages: readonly Page[]): string[] {
  const commands = pages.flatMap(commandsOf);
  const targets = new Set([...readFileSync(join(root, 'Makefile'), 'utf8').matchAll(/^([a-z-]+):/gm)].map((m) => m[1]));
  const scripts: object = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts;
  const command = readSubcommands();
  const proven = new Set(commands.filter(({ place }) => place.startsWith(`${grpcurlPage}:`)).map(({ text }) => text));
  return commands.flatMap(({ place, words, text }) => {
    const [program, first = '', second = ''] = words;
    if (program === 'make' && /^[a-z-]+$/.test(first) && !targets.has(first)) return [`${place}: no target: ${text}`];
    if (program === 'npm' && first === 'run' && !Object.hasOwn(scripts, second))
      return [`${place}: no script: ${text}`];
    if (program === 'grpcurl' && !proven.has(text)) return [`${place}: not in ${grpcurlPage}: ${text}`];
    if (program === 'cardume') return command(first, words).map((problem) => `${place}: ${problem}: ${text}`);
    return [];
  });
}

/** The commands in a page: lines of shell blocks, with their continuations joined, and inline code. */
function commandsOf(page: Page): Command[] {
  const inBlocks = page.blocks
    .filter(({ language }) => ['sh', 'console'].includes(language))
    .flatMap(({ language, lines, line }) =>
      lines
        .join('\n')
        .replaceAll(/\\\n\s*/g, '')
        .split('\n')
        // In a `console` block the other lines are output.
        .filter((text) => language === 'sh' || text.startsWith('$ '))
        .map((text): [string, string] => [`${page.path}:${line}`, text.replace(/^\$ /, '').trim()]),
    );
  const inProse = page.prose.flatMap((prose, index) =>
    [...prose.matchAll(/`([^`]+)`/g)].map((match): [string, string] => [`${page.path}:${index + 1}`, match[1] ?? '']),
  );
  return [...inBlocks, ...inProse].flatMap(([place, text]) => {
    const words = text.replace(sameCommand, 'cardume ').split(/\s+/);
    return words.length > 1 && /^(make|npm|grpcurl|cardume)$/.test(words[0] ?? '') ? [{ place, words, text }] : [];
  });
}

// These all lead to the same command.
const sameCommand = /^(npx|docker[ -]compose run --rm|npm run (-s |--silent )?cardume --) (cardume )?/;

/** Says what is wrong with the subcommand and the long flags of a `cardume` line. */
function readSubcommands(): (subcommand: string, words: readonly string[]) => string[] {
  const subcommands = listFiles('clients/cli/src/commands/*-command.ts').map(
    (path) => /([a-z]+)-command\.ts$/.exec(path)?.[1],
  );
  const source = listFiles('clients/cli/src/**.ts')
    .map((path) => readFileSync(join(root, path), 'utf8'))
    .join('\n');
  return (subcommand, words) => {
    if (!/^[a-z]+$/.test(subcommand)) return [];
    if (!subcommands.includes(subcommand)) return ['no such subcommand'];
    const flags = words.flatMap((word) => /^--[a-z][a-z-]*/.exec(word) ?? []);
    return flags.filter((flag) => flag !== '--help' && !source.includes(flag)).map((flag) => `no flag ${flag}`);
  };
}
