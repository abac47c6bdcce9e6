/** Why a connection is refused: too many are there, its place makes too many a second, or strangers together do. */
export type ConnectionRefusal = 'too_many' | 'too_often' | 'too_many_strangers';

/** All of them. */
export const connectionRefusals = ['too_many', 'too_often', 'too_many_strangers'] as const;

/** Is told of each connection that is refused. It must not throw. */
export type OnRefusedConnection = (refusal: ConnectionRefusal) => void;
