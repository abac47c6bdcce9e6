/** A clock in milliseconds that is never set back. */
export function nowMs(): number {
  return performance.now();
}

/** Runs a task later. What keeps the process alive is the server, and not this. @returns what cancels it */
export function after(delayMs: number, task: () => void): () => void {
  const timer = setTimeout(task, delayMs).unref();
  return () => clearTimeout(timer);
}
