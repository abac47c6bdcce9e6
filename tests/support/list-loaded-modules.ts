// Preloaded into a process (node --import), writes into the file that LOADED_MODULES names which modules the process
// loaded, each as a URL on a line: its own, those of packages, and Node's.
import { writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

const urls: string[] = [];
registerHooks({
  load(url, context, nextLoad) {
    urls.push(url);
    return nextLoad(url, context);
  },
});
process.once('exit', () => writeFileSync(String(process.env.LOADED_MODULES), `${urls.join('\n')}\n`));
