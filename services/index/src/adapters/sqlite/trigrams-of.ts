/** The trigrams of a text, by code points, as the index has them. */
export function trigramsOf(text: string): string[] {
  const points = [...text];
  return points.slice(2).map((_, index) => points.slice(index, index + 3).join(''));
}
