import { generate } from 'lean-qr';

const quietZone = 2;

/**
 * A text as a QR code, drawn with half blocks, dark on light whatever the terminal's colours are.
 *
 * @returns lines, all of one width; undefined when the text does not fit into `maxWidth` columns
 */
export function qrLines(text: string, maxWidth: number): string[] | undefined {
  const code = generate(text);
  const width = code.size + 2 * quietZone;
  if (width > maxWidth) return undefined;
  const isLight = (x: number, y: number): boolean => !code.get(x - quietZone, y - quietZone);
  return Array.from({ length: Math.ceil(width / 2) }, (_, line) =>
    Array.from({ length: width }, (_, x) => {
      const [upper, lower] = [isLight(x, 2 * line), isLight(x, 2 * line + 1)];
      if (upper) return lower ? '█' : '▀';
      return lower ? '▄' : ' ';
    }).join(''),
  );
}
