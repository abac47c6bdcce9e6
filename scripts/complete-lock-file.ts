// Adds to package-lock.json the platform builds that the registry in use does not have: `npm run lock`, after each
// `npm install` that changed it. Their names say for which platform they are; their checksums are not known here.
import { writeFileSync } from 'node:fs';
import { type LockedPackage, lockFilePath, missingPackages, readLockFile } from './support/lock-file.ts';

const cpus: Record<string, string> = { armv7: 'arm', aarch64: 'arm64' };
const platform =
  /-(android|darwin|freebsd|linux|openharmony|win32)-(arm64|aarch64|armv7|arm|x64|ia32|ppc64|riscv64|s390x|loong64)(?:-(gnu|musl))?/;

function entryFor(name: string, version: string, dependent: LockedPackage): LockedPackage {
  const [, os, cpu, libc] = platform.exec(name) ?? [];
  if (os === undefined || cpu === undefined) throw new Error(`${name}: its name does not say for which platform it is`);
  return {
    version,
    cpu: [cpus[cpu] ?? cpu],
    ...(dependent.dev === true ? { dev: true } : {}),
    ...(libc === undefined || cpu === 'arm' ? {} : { libc: [libc === 'gnu' ? 'glibc' : libc] }),
    optional: true,
    os: [os],
  };
}

const lockFile = readLockFile();
const missing = missingPackages(lockFile);
const added = missing.map(({ name, version, dependent }): [string, LockedPackage] => [
  `node_modules/${name}`,
  entryFor(name, version, dependent),
]);
// In npm's own order, so that its next run moves no line.
const packages = [...Object.entries(lockFile.packages), ...added].sort(([a], [b]) => a.localeCompare(b, 'en'));
if (added.length > 0) {
  writeFileSync(lockFilePath, `${JSON.stringify({ ...lockFile, packages: Object.fromEntries(packages) }, null, 2)}\n`);
}
console.log(`${added.length} packages added to package-lock.json`);
