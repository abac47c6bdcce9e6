import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../../../tests/support/until.ts';
import type { Ends } from '../../data/ends.ts';
import { nginx } from '../../data/systems/nginx-and-curl.ts';
import { nginxConfiguration } from '../../data/systems/nginx-configuration.ts';
import { type Member, onMember } from '../network.ts';
import type { Source } from './swarm-system.ts';

/** Where a source's nginx listens. */
export const nginxAddress = ({ host }: Member): string => `${host}:8080`;

/** Starts an nginx on a machine that serves a folder. */
export async function startNginx(member: Member, shared: string, folder: string, ends: Ends): Promise<Source> {
  const work = mkdtempSync(join(folder, 'nginx-'));
  const configuration = join(work, 'nginx.conf');
  const temporary = join(work, 'temporary');
  mkdirSync(temporary);
  writeFileSync(configuration, nginxConfiguration({ work: temporary, shared, listen: nginxAddress(member) }));
  const process = ends.start(
    'sender',
    ...onMember(member, nginx.path(), '-p', temporary, '-e', 'stderr', '-c', configuration),
  );
  // It is written when the port is open, which cannot be seen from outside of the machine.
  await until(`nginx on ${member.host}`, () => existsSync(join(temporary, 'pid')));
  return { process };
}
