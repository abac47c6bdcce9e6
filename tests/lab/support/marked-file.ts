/** What all files of the laboratory are full of. */
export const marker = 'PLAINTEXT-OF-THE-HIDDEN-FILE';

/** Each 64 bytes say where they are, so that any packet of them would be known. */
export function markedFile(sizeBytes: number, label = ''): Buffer {
  const file = Buffer.alloc(sizeBytes, '.');
  for (let at = 0; at + 64 <= sizeBytes; at += 64) file.write(`${marker} ${label}${at} `, at);
  return file;
}
