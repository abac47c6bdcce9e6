/**
 * `@cardume/client/control`: asks the processes of Cardume of the same user on this machine what they are doing.
 *
 * @packageDocumentation
 */
export {
  wireDirection,
  wireKind,
  wirePath,
  wirePhase,
  wireState,
} from './adapters/control/control-messages.ts';
export {
  type ControlClient,
  type FoundProcesses,
  findProcesses,
  openControl,
} from './adapters/control/open-control.ts';
export { makeRunFolder, newSocketPath } from './adapters/control/run-folder.ts';
