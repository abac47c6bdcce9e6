import type { KeptInvites } from '@cardume/index';
import type { Context } from './context.ts';

/** Shows the invite of a network on a terminal, to be copied or photographed. */
export async function tellInvites(
  { member, paths }: KeptInvites,
  { terminal }: Pick<Context, 'terminal'>,
): Promise<void> {
  // Loaded where it is used: most indexes have no terminal.
  const { qrLines } = await import('../core/text/qr-lines.ts');
  const [memberPath = '', adminPath = ''] = paths;
  if (member === undefined) {
    terminal.note(`The invite in ${memberPath} is good no more; \`cardume index user add NAME\` makes others.`);
    return;
  }
  const code = qrLines(member, terminal.columns ?? 0);
  if (code !== undefined) for (const line of code) terminal.note(line);
  terminal.note('Only who is enrolled gets in. Who has this invite can enrol, search, get and share:');
  terminal.print(member);
  terminal.note(`It is kept in ${memberPath}; that of an admin is in ${adminPath}.`);
  terminal.note('Elsewhere: cardume share FOLDER --index INVITE');
}
