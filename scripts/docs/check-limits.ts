import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { listFiles, root } from '../support/repository.ts';
import type { Page } from './page.ts';

const page = 'docs/limits.md';
const sources = ['services/*/src/*.ts', 'services/*/src/**/*.ts', 'clients/*/src/**/*.ts'];

const factors: Record<string, number> = {
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
  s: 1_000,
  min: 60_000,
  h: 3_600_000,
};

interface Constant {
  path: string;
  value: unknown;
}

/**
 * docs/limits.md and the code say the same. A row is `| constantName | value | where | why |` with the name in
 * backticks; the value begins with a number and may have a unit (`4 MiB`, `30 s`, `10,000`); `where` names the package
 * when several have a constant of that name. Every number that a `core/limits.ts` exports has a row.
 */
export async function checkLimits(pages: readonly Page[]): Promise<string[]> {
  if (!existsSync(join(root, page))) return [`${page} is missing`];
  const rows = (pages.find(({ path }) => path === page)?.prose ?? []).flatMap((line, index) => {
    const [, name = '', value = '', where = ''] = line.split('|').map((cell) => cell.trim());
    const constant = /^`([a-z][A-Za-z0-9]+)`$/.exec(name)?.[1];
    return constant === undefined ? [] : [{ place: `${page}:${index + 1}`, constant, value, where }];
  });
  const constants = await exportedConstants(new Set(rows.map(({ constant }) => constant)));

  const differing = rows.flatMap(({ place, constant, value, where }) => {
    const all = constants.get(constant) ?? [];
    const named = all.filter(({ path }) => where.includes(packageOf(path)));
    const candidates = named.length > 0 ? named : all;
    if (candidates.length === 0) return [`${place}: nothing exports ${constant}`];
    if (candidates.some((candidate) => candidate.value === parseValue(value))) return [];
    const found = candidates.map((candidate) => `${candidate.value} in ${candidate.path}`).join(', ');
    return [`${place}: ${constant} is "${value}" here and ${found}`];
  });
  const listed = new Set(rows.map(({ constant }) => constant));
  const missing = [...constants]
    .filter(([name, all]) => !listed.has(name) && all.some(({ path }) => path.endsWith('/core/limits.ts')))
    .map(([name, all]) => `${page} has no row for ${name} of ${all[0]?.path}`);
  return [...differing, ...missing];
}

/** The exported numbers of our sources that are listed, or that stand in a `core/limits.ts`. */
async function exportedConstants(listed: ReadonlySet<string>): Promise<Map<string, Constant[]>> {
  const constants = new Map<string, Constant[]>();
  for (const path of listFiles(...sources)) {
    const names = [...readFileSync(join(root, path), 'utf8').matchAll(/^export const (\w+)/gm)].map((m) => m[1] ?? '');
    const wanted = names.filter((name) => listed.has(name) || path.endsWith('/core/limits.ts'));
    if (wanted.length === 0) continue;
    const module: Record<string, unknown> = await import(pathToFileURL(join(root, path)).href);
    for (const name of wanted.filter((name) => typeof module[name] === 'number')) {
      constants.set(name, [...(constants.get(name) ?? []), { path, value: module[name] }]);
    }
  }
  return constants;
}

/** `services/index/src/core/limits.ts` → `services/index` */
function packageOf(path: string): string {
  return path.split('/').slice(0, 2).join('/');
}

/** The number at the beginning of a cell, in bytes, milliseconds or pieces; NaN when there is none. */
function parseValue(text: string): number {
  const match = /^`?(-?[\d,_]+(?:\.\d+)?)`?(?: (KiB|MiB|GiB|TiB|s|min|h)\b)?/.exec(text);
  return Number(match?.[1]?.replaceAll(/[,_]/g, '') ?? Number.NaN) * (factors[match?.[2] ?? ''] ?? 1);
}
