/** The folders that a name is in, the innermost first. */
export function* parentsOf(name: string): Generator<string, void, undefined> {
  for (let slash = name.lastIndexOf('/'); slash > 0; slash = name.lastIndexOf('/', slash - 1))
    yield name.slice(0, slash);
}
