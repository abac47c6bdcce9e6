/** The lease secrets that a peer was given, by the address of the index that gave it. */
export interface KeptSecrets {
  leaseSecret(indexTarget: string): string | undefined;
}

/**
 * Says by which lease secret a peer proves itself.
 *
 * Replicas know the same one; indexes that share nothing give one each, and which address leads to which is not known. So one
 * is used until an index refuses it, and then the others that were kept, each once.
 */
export class LeaseSecrets {
  readonly #kept: KeptSecrets;
  readonly #targets: readonly string[];
  readonly #refused = new Set<string>();
  #current: string | undefined;

  /** @param targets the addresses of the index, `HOST:PORT` */
  constructor(kept: KeptSecrets, targets: readonly string[]) {
    this.#kept = kept;
    this.#targets = targets;
    this.#current = this.#untried();
  }

  /** The one to join with; undefined when none is known. */
  get current(): string | undefined {
    return this.#current;
  }

  /** Notes the secret that an index gave or took. */
  accepted(secret: string): void {
    this.#refused.clear();
    this.#current = secret;
  }

  /**
   * Notes that an index refused the current one.
   *
   * @returns whether there is another one to join with. When not, all may be tried again later
   */
  refused(): boolean {
    if (this.#current !== undefined) this.#refused.add(this.#current);
    const next = this.#untried();
    if (next === undefined) {
      this.#refused.clear();
      return false;
    }
    this.#current = next;
    return true;
  }

  #untried(): string | undefined {
    const secrets = this.#targets.flatMap((target) => this.#kept.leaseSecret(target) ?? []);
    return secrets.find((secret) => !this.#refused.has(secret));
  }
}
