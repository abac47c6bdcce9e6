import { CardumeError, maxTags, tagProblem } from '@cardume/client';

/** @returns each once @throws CardumeError INVALID_FIELD when a peer may not have these tags */
export function checkTags(tags: readonly string[]): string[] {
  const different = [...new Set(tags)];
  if (different.length > maxTags) throw CardumeError.invalidField('tags', `must be at most ${maxTags}`);
  for (const [at, tag] of tags.entries()) {
    const problem = tagProblem(tag);
    if (problem !== null) throw CardumeError.invalidField(`tags[${at}]`, `not a tag: ${problem}`);
  }
  return different;
}
