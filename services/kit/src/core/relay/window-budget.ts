/** What one tunnel has taken of a {@link WindowBudget}. */
export interface WindowShare {
  /** Takes so many bytes more. @returns whether there were as many left; else it takes none */
  take(bytes: number): boolean;
  /** Gives back all that it took. Safe to call twice; it takes nothing more then. */
  close(): void;
}

/** How much a {@link WindowBudget} has. */
export interface WindowBudgetInit {
  maxBytes: number;
  maxBytesPerUser: number;
}

/**
 * Shares out how many bytes may be on their way to a relay, beyond those that every stream begins with: so many it holds when
 * readers take nothing. Only users that have some take memory.
 */
export class WindowBudget {
  readonly #init: WindowBudgetInit;
  readonly #takenBy = new Map<string, number>();
  #taken = 0;

  constructor(init: WindowBudgetInit) {
    this.#init = init;
  }

  /** How many bytes are taken now. */
  get takenBytes(): number {
    return this.#taken;
  }

  /** Begins with a tunnel of a user. */
  open(user: string): WindowShare {
    let own = 0;
    let isOpen = true;
    return {
      take: (bytes) => {
        if (!isOpen || !this.#change(user, bytes)) return false;
        own += bytes;
        return true;
      },
      close: () => {
        if (isOpen) this.#change(user, -own);
        isOpen = false;
      },
    };
  }

  #change(user: string, bytes: number): boolean {
    const ofUser = (this.#takenBy.get(user) ?? 0) + bytes;
    const ofAll = this.#taken + bytes;
    if (bytes > 0 && (ofUser > this.#init.maxBytesPerUser || ofAll > this.#init.maxBytes)) return false;
    this.#taken = ofAll;
    if (ofUser === 0) this.#takenBy.delete(user);
    else this.#takenBy.set(user, ofUser);
    return true;
  }
}
