// Generates proto/gen from the .proto files: `npm run proto`.
import { generateProto } from './support/generate-proto.ts';
import { root } from './support/repository.ts';

generateProto(root);
