/** The runs of a glob pattern between its wildcards: what each name that matches has in it, in this order. */
export function literalRuns(pattern: string): string[] {
  return pattern.split(/[*?]+/).filter((run) => run !== '');
}
