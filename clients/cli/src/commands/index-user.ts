import { Command } from 'commander';
import type { UserFlags } from '../actions/manage-users.ts';
import { Setting } from '../core/settings/setting.ts';
import { helpFooter } from './help-text.ts';
import type { Run } from './run.ts';
import { idTokenFileOption, indexOption, jsonOption } from './shared-options.ts';

type Role = 'reader' | 'member' | 'admin';

/** `cardume index user` and what is below it. */
export function indexUser(run: Run): Command {
  return new Command('user')
    .summary('manage who may do what in a network with certificates')
    .description(
      'Manage the users of a network: each has a token, by which its machines enrol, and a role. A reader searches and gets, ' +
        'a member also shares, an admin also manages users. On the machine of the index it works as it is; elsewhere give the ' +
        'invite of an admin: --index file:PATH. The index keeps it in admin-invite, beside its authority.',
    )
    .addCommand(add(run))
    .addCommand(list(run))
    .addCommand(revoke(run))
    .addCommand(rotate(run));
}

function add(run: Run): Command {
  return below('add', 'add a user, and print an invite for it')
    .argument('<name>', '1 to 64 bytes; a name is never given away again')
    .addOption(
      new Setting('--role <role>', 'reader, member or admin')
        .choices(['reader', 'member', 'admin'])
        .default('member', 'member'),
    )
    .addHelpText('after', helpFooter([{ command: 'cardume index user add ana', does: 'who may share, too' }]))
    .action((name: string, flags: UserFlags & { role: Role }) =>
      run(flags, async () => {
        const { addUser } = await import('../actions/manage-users.ts');
        return (context) => addUser(name, flags, context);
      }),
    );
}

function list(run: Run): Command {
  return below('list', 'list the users')
    .addHelpText('after', helpFooter([{ command: 'cardume index user list --json', does: 'for a program' }]))
    .action((flags: UserFlags) =>
      run(flags, async () => {
        const { listUsers } = await import('../actions/manage-users.ts');
        return (context) => listUsers(flags, context);
      }),
    );
}

function revoke(run: Run): Command {
  return below('revoke', 'end a user with all of its machines, or one peer')
    .argument('[name]', 'the user')
    .addOption(new Setting('--peer <id>', 'one peer instead, by its id'))
    .addHelpText(
      'after',
      helpFooter([{ command: 'cardume index user revoke ana', does: 'refused everywhere within a lease' }]),
    )
    .action((name: string | undefined, flags: UserFlags & { peer?: string }) =>
      run(flags, async () => {
        const actions = await import('../actions/manage-users.ts');
        return (context) => actions.revoke(name, flags, context);
      }),
    );
}

function rotate(run: Run): Command {
  return below('rotate', 'make another token for a user; the one before enrols nobody any more')
    .argument('<name>', 'the user')
    .addHelpText(
      'after',
      helpFooter([{ command: 'cardume index user rotate ana', does: 'when an invite went astray' }]),
    )
    .action((name: string, flags: UserFlags) =>
      run(flags, async () => {
        const { rotateToken } = await import('../actions/manage-users.ts');
        return (context) => rotateToken(name, flags, context);
      }),
    );
}

function below(name: string, summary: string): Command {
  const sentence = `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
  return new Command(name)
    .summary(summary)
    .description(sentence)
    .addOption(indexOption())
    .addOption(idTokenFileOption())
    .addOption(jsonOption());
}
