/** Finds the messages in the bytes of a stream. */
export interface MessageReader {
  /** Takes the next bytes. They are a view that is only good during the call. What it throws ends the stream. */
  push(bytes: Uint8Array): void;
  /** Whether the stream may end here: no message is incomplete. */
  readonly isBetweenMessages: boolean;
}
