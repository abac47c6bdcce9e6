/** The folder that a process runs in; undefined when it was removed, or may not be looked up. */
export function currentFolder(process: NodeJS.Process): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}
