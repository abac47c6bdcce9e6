/** The folder with the sockets of this user's processes. */
export function controlFolder(stateHome: string): string {
  return `${stateHome}/run`;
}
