/** The last part of a name, after the slashes. */
export function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}
