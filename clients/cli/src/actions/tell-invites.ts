import type { KeptInvites } from '@cardume/index';
import type { Context } from './context.ts';

/** Shows the invite of a network on a terminal, to be copied or photographed. */
export async function tellInvites(invites: KeptInvites, context: Pick<Context, 'terminal'>): Promise<void> {
  const { terminal } = context;
  const { member, oidc, paths } = invites;
  const [memberPath = '', adminPath = '', oidcPath = ''] = paths;
  if (oidc !== undefined) {
    terminal.note(
      'Only who is enrolled gets in. This invite is no secret; who uses it needs an id token of the issuer:',
    );
    terminal.print(oidc);
    terminal.note(
      `It is kept in ${oidcPath}; that of an admin is in ${adminPath}, and one for those without id tokens in ${memberPath}.`,
    );
    terminal.note('Elsewhere: CARDUME_ID_TOKEN=… cardume share FOLDER --index INVITE');
    return;
  }
  // Loaded where it is used: most indexes have no terminal.
  const { qrLines } = await import('../core/text/qr-lines.ts');
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
