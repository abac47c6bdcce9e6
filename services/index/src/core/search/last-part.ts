/** The part of a name after its last slash. */
export function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}
