/**
 * Whether a text matches a pattern: `*` any run of characters, `?` one, all others themselves.
 *
 * A star that was passed is never gone back to once a later one is reached, so that no pattern takes longer than its length
 * times the text's.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  const wanted = [...pattern];
  const given = [...text];
  let at = 0;
  let position = 0;
  let star = -1;
  let retryFrom = 0;
  while (position < given.length) {
    if (at < wanted.length && wanted[at] === '*') {
      star = at;
      retryFrom = position;
      at += 1;
    } else if (at < wanted.length && (wanted[at] === '?' || wanted[at] === given[position])) {
      at += 1;
      position += 1;
    } else if (star !== -1) {
      at = star + 1;
      retryFrom += 1;
      position = retryFrom;
    } else {
      return false;
    }
  }
  while (wanted[at] === '*') at += 1;
  return at === wanted.length;
}
