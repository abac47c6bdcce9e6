// A process that notes copies beside others: node note-copies.ts FOLDER NAME COUNT.
import { openCopies } from '../../src/adapters/copies/open-copies.ts';

const [folder = '', name = '', count] = process.argv.slice(2);
const copies = await openCopies({
  folder,
  onProblem(error) {
    throw error;
  },
});
for (let number = 0; number < Number(count); number++) {
  const digest = number.toString(16).padStart(64, '0');
  await copies.note([{ digest, sizeBytes: 100_000, path: `/${name}/${number}`, kind: 'file', modifyTimeMs: 1 }]);
}
copies.close();
