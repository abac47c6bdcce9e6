/** How a message is written and read. */
export interface MessageType {
  encode(message: unknown): { finish(): Uint8Array };
  decode(bytes: Uint8Array): unknown;
  fromPartial?: ((message: unknown) => unknown) | undefined;
}

/** A method of a service. */
export interface ServedMethod {
  name: string;
  requestType: MessageType;
  requestStream: boolean;
  responseType: MessageType;
  responseStream: boolean;
}

/** A service's methods, as the transport is told of them. */
export interface ServedDefinition {
  fullName: string;
  methods: Record<string, ServedMethod>;
}
