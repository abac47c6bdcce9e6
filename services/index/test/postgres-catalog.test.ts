import { createLogger } from '@cardume/service-kit';
import { afterAll, beforeAll } from '@jest/globals';
import { describeWith } from '../../../tests/support/describe-with.ts';
import { openPostgresCatalog } from '../src/adapters/postgres/open-postgres-catalog.ts';
import type { Catalog, CatalogQuotas } from '../src/core/catalog.ts';
import { describeCatalog } from './catalog-conformance.ts';
import { describeRestrictedLists } from './restricted-conformance.ts';
import { findPostgres, type PostgresServer, startPostgres } from './support/postgres-server.ts';

const logger = createLogger({ service: 'index', level: 'silent' });

describeWith({ name: 'PostgreSQL', command: findPostgres() }, 'on a real server', (binaries) => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres(binaries);
  });
  afterAll(() => server.remove());

  const open = async (quotas: CatalogQuotas): Promise<Catalog> => {
    const { catalog } = await openPostgresCatalog({ url: await server.newDatabase(), logger, quotas });
    return catalog;
  };
  describeCatalog('PostgreSQL', open);
  describeRestrictedLists('PostgreSQL', open);
});
