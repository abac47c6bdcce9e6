/** Who calls, by a certificate that TLS has verified. The kit does not know what is in it; whoever made the gate does. */
export type Caller = object;

/** Decides who may call what, on a server with TLS. */
export interface CallGate {
  /**
   * Reads a caller's certificate, once for each connection. TLS has verified that an authority that the server trusts signed it.
   *
   * @param certificateDer the caller's own
   * @throws CardumeError what each of its calls is refused with
   */
  identify(certificateDer: Uint8Array): Caller;
  /** Whose calls those of a caller are counted with: the same for all connections of one who is bounded by what it does. */
  accountOf(caller: Caller): string;
  /**
   * Lets a call in, or throws what it is refused with. Asked for each call: certificates end, and users are revoked, while
   * connections go on.
   *
   * @param path `/cardume.index.v1.IndexService/Join`
   * @param caller undefined: it has no certificate, or one of an authority that is not trusted
   * @throws CardumeError
   */
  admit(path: string, caller: Caller | undefined): void;
}
