/** The trigram index finds texts of so many characters. */
const minPieceLength = 3;
/** How many places of a word are tried at the most; in longer ones each damage is taken for wider. */
const maxPlaces = 16;

/**
 * What a word that was meant has in it, when one edit made another one of it: for each place where that may have been, the
 * pieces before and after. Each array is one possibility; a name with the word has all its texts in it. One of them has three
 * characters or more, so that an index finds it.
 *
 * Short words are tried more closely, since little of them is left.
 */
export function intactPieces(word: string): string[][] {
  const points = [...word];
  const gaps = points.length < 2 * minPieceLength + 1 ? [0, 1] : [2 + Math.floor(points.length / maxPlaces)];
  const found = new Map<string, string[]>();
  const add = (texts: readonly string[]): void => {
    const longest = Math.max(...texts.map(lengthOf));
    // One letter beside three that very many names have may be in none of them: then all of those would be looked at.
    const pieces = texts.filter((text) => lengthOf(text) >= (longest > minPieceLength ? 1 : minPieceLength));
    // The word itself is in no name.
    if (longest >= minPieceLength && !pieces.includes(word)) found.set(pieces.join('\0'), pieces);
  };
  for (const gap of gaps) {
    const step = Math.max(1, gap - 1);
    const lastPlace = points.length - gap;
    for (let place = 0; place < lastPlace + step; place += step) {
      const at = Math.min(place, lastPlace);
      const [before, after] = [points.slice(0, at).join(''), points.slice(at + gap).join('')];
      add([before, after]);
    }
  }
  if (gaps.includes(0)) for (const swapped of neighboursSwapped(points)) add([swapped]);
  return [...found.values()];
}

function lengthOf(text: string): number {
  return [...text].length;
}

/** The two halves of a word: when both of two edits are in one of them, the other one is left. */
export function halvesOf(word: string): string[][] {
  const points = [...word];
  const middle = Math.ceil(points.length / 2);
  return [points.slice(0, middle), points.slice(middle)]
    .filter((half) => half.length >= minPieceLength)
    .map((half) => [half.join('')]);
}

function neighboursSwapped(points: readonly string[]): string[] {
  return points.slice(1).map((second, at) => {
    const first = points[at] ?? '';
    return [...points.slice(0, at), second, first, ...points.slice(at + 2)].join('');
  });
}
