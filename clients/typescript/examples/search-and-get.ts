// Finds files by name and downloads the best one, verified: node search-and-get.ts INDEX WORDS FOLDER
import { CardumeError, connect } from '@cardume/client';

const [index = '127.0.0.1:50051', words = 'readme', folder = 'downloads'] = process.argv.slice(2);
const cardume = connect({ index });
try {
  const { hits } = await cardume.index.search({ query: words });
  for (const hit of hits) console.log(hit.name, hit.sizeBytes, `${hit.holderCount} holders`);

  const [best] = hits;
  if (best !== undefined) {
    const file = await cardume.get(best.digest, {
      folder,
      onProgress: ({ verifiedBytes, sizeBytes }) => console.error(`${verifiedBytes} of ${sizeBytes} bytes`),
    });
    console.log(`${file.path} ${file.digest}`);
  }
} catch (error) {
  // One error class, with a reason to switch on and a message for people.
  if (!CardumeError.is(error)) throw error;
  console.error(`${error.reason}: ${error.message}`);
  process.exitCode = 1;
} finally {
  cardume.close();
}
