/** With what a caller makes TLS 1.3 connections, each in PEM. */
export interface ClientTls {
  /** The certificates of whom it trusts to have signed the server's. */
  authority: string;
  /** Its own certificate, for servers that want one. */
  certificate?: string;
  /** The private key of its certificate. */
  privateKey?: string;
  /** Whom the server's certificate must name, in a Cardume network. Default: the host that is dialled, as everywhere else. */
  expects?: ExpectedServer;
}

/** Whom a certificate of a network must name. */
export interface ExpectedServer {
  networkId: string;
  /** The network's index, or a peer. */
  kind: 'index' | 'peer';
  /** Which peer. Default: any of the network. */
  peerId?: string;
}

/** How to connect to a peer, by its id where that is known beforehand. */
export type TlsOfPeer = (peerId: string | undefined) => ClientTls;
