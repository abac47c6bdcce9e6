// A process that downloads, to be killed in the middle: node interrupted-download.ts DIGEST SIZE PORT FOLDER NAME.
// It prints how many bytes are verified after each change.
import { downloadFile } from '../../src/index.ts';

const [digest = '', sizeBytes, port, folder = '', name = ''] = process.argv.slice(2);
const holder = { peerId: '', host: '127.0.0.1', port: Number(port), partial: false };
await downloadFile({
  digest,
  sizeBytes: Number(sizeBytes),
  folder,
  name,
  holders: async () => [holder],
  random: () => 0,
  onProgress: ({ verifiedBytes }) => console.log(verifiedBytes),
});
