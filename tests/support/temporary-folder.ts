import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';

/**
 * Makes a folder that is removed when the test file has ended. Whoever ends in an `afterAll` what writes there calls this after
 * that one: jest runs them in the order in which they were made.
 */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cardume-test-'));
  // A process that still writes makes a file in a folder that was just found empty.
  afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}
