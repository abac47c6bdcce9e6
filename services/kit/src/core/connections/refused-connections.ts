/** Why connections are refused: too many are there, their place makes too many a second, or strangers together do. */
export const connectionRefusals = ['too_many', 'too_often', 'too_many_strangers'] as const;

/** Why one is. */
export type ConnectionRefusal = (typeof connectionRefusals)[number];

/** Is told of each connection that is refused. It must not throw. */
export type OnRefusedConnection = (refusal: ConnectionRefusal) => void;
