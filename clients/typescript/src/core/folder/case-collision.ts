/**
 * Two names that are one on a file system which does not tell upper from lower case; undefined when there are none.
 *
 * File systems differ in what they fold, so that more is taken for the same here than some of them do.
 */
export function caseCollision(names: Iterable<string>): readonly [string, string] | undefined {
  const byFolded = new Map<string, string>();
  for (const name of names) {
    const folded = name.toUpperCase().toLowerCase().normalize('NFC');
    const other = byFolded.get(folded);
    if (other !== undefined && other !== name) return [other, name];
    byFolded.set(folded, name);
  }
  return undefined;
}
