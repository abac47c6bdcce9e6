/** With what a caller makes TLS 1.3 connections, each in PEM. */
export interface ClientTls {
  /** The certificates of whom it trusts to have signed the server's. */
  authority: string;
  /** Its own certificate, for servers that want one. */
  certificate?: string;
  /** The private key of its certificate. */
  privateKey?: string;
}
