/** Whether the user can be asked something: both ends of the dialogue are a terminal. */
export function canAsk({ stdin, stderr }: Pick<NodeJS.Process, 'stdin' | 'stderr'>): boolean {
  return stdin.isTTY === true && stderr.isTTY === true;
}
