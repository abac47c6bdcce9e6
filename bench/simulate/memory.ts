import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Makes a function that collects garbage and says how many bytes of memory are left. */
export function memoryMeter(): () => number {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  return () => {
    // What a typed array holds is only let go of after the array itself.
    collect();
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
}
