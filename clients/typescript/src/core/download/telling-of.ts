// Counting each part of a fast stream would cost it some of its speed; a slow one is to be kept to its rate evenly.
const tellBytes = 256 * 1024;
const pacedTellBytes = 16 * 1024;

/** After how many received bytes a job tells of them, and whether it then waits for an answer. */
export function tellingOf(isPaced: boolean): { tellBytes: number; isPaced: boolean } {
  return { tellBytes: isPaced ? pacedTellBytes : tellBytes, isPaced };
}
