import { maxIssuerDocumentBytes } from '../../../core/limits.ts';

/**
 * Fetches a JSON object from an issuer.
 *
 * @param signal ends it, also in the middle of the body
 * @throws Error which says what is wrong, when it is not there, too long, elsewhere, or no JSON object
 */
export async function fetchDocument(url: URL, signal: AbortSignal): Promise<Record<string, unknown>> {
  // Who is sent elsewhere could be sent anywhere, also to services that only this machine reaches.
  const response = await fetch(url, { signal, redirect: 'error', headers: { accept: 'application/json' } });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`${url.href} answered ${response.status}`);
  }
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const part of response.body ?? []) {
    sizeBytes += part.length;
    if (sizeBytes > maxIssuerDocumentBytes)
      throw new Error(`${url.href} has more than ${maxIssuerDocumentBytes} bytes`);
    parts.push(part);
  }
  const content: unknown = JSON.parse(Buffer.concat(parts).toString('utf8'));
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new Error(`${url.href} is no JSON object`);
  }
  return { ...content };
}
