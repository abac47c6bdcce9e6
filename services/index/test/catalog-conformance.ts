import { describe } from '@jest/globals';
import { testChanges } from './catalog-conformance/changes.ts';
import { testFingerprints } from './catalog-conformance/fingerprints.ts';
import { testFolders } from './catalog-conformance/folders.ts';
import { testHolders } from './catalog-conformance/holders.ts';
import { testLargeSearches } from './catalog-conformance/large-searches.ts';
import { testLeases } from './catalog-conformance/leases.ts';
import { testLists } from './catalog-conformance/lists.ts';
import { testPeers } from './catalog-conformance/peers.ts';
import { testReports } from './catalog-conformance/reports.ts';
import { testSearches } from './catalog-conformance/searches.ts';
import { testTotals } from './catalog-conformance/totals.ts';
import { testUsers } from './catalog-conformance/users.ts';
import { type OpenCatalog, useCatalog } from './support/tested-catalog.ts';

/**
 * What every engine of the catalog does, whatever it stores in.
 *
 * @param name the engine's, for the names of the tests
 * @param open opens an empty catalog with these quotas
 */
export function describeCatalog(name: string, open: OpenCatalog): void {
  describe(`the catalog on ${name}`, () => {
    const tested = useCatalog(open);
    testLeases(tested);
    testLists(tested);
    testTotals(tested);
    testPeers(tested);
    testHolders(tested);
    testReports(tested);
    testFolders(tested);
    testSearches(tested);
    testLargeSearches(tested);
    testFingerprints(tested);
    testChanges(tested);
    testUsers(tested);
  });
}
