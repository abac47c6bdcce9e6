/**
 * `@cardume/client/swarm`: the planner of downloads from many sources, alone. It loads nothing of gRPC, so that a
 * simulator can have ten thousand of them.
 *
 * @packageDocumentation
 */
export { type PlannedRequest, SwarmPlanner, type SwarmPlannerInit } from './core/swarm/swarm-planner.ts';
export type { SourceFigures } from './core/swarm/swarm-source.ts';
