/** A package.json, as far as publishing changes it. */
export interface Manifest {
  name: string;
  exports?: Record<string, string>;
  bin?: Record<string, string>;
  files?: string[];
  [field: string]: unknown;
}

/**
 * The manifest that a package is published with: its entry points are the compiled files instead of the sources, and
 * it says which Node runs it.
 */
export function publishedManifest({ files: _allThatWasAssembled, exports, bin, ...rest }: Manifest): object {
  return {
    ...rest,
    engines: { node: '>=24' },
    ...(exports === undefined ? {} : { exports: mapValues(exports, compiledEntry) }),
    ...(bin === undefined ? {} : { bin: mapValues(bin, compiledPath) }),
  };
}

function compiledEntry(path: string): string | { types: string; default: string } {
  if (!path.endsWith('.ts')) return path;
  return { types: path.replace(/\.ts$/, '.d.ts'), default: compiledPath(path) };
}

function compiledPath(path: string): string {
  return path.replace(/\.ts$/, '.js');
}

function mapValues<Value>(record: Record<string, string>, change: (value: string) => Value): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
