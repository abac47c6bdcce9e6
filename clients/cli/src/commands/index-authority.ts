import { Command } from 'commander';
import type { AuthorityFlags } from '../actions/manage-authority.ts';
import { Setting } from '../core/settings/setting.ts';
import { helpFooter } from './help-text.ts';
import type { Run } from './run.ts';
import { jsonOption } from './shared-options.ts';

type Step = 'add-next' | 'sign-with-next' | 'retire-previous';

/** `cardume index authority` and what is below it. */
export function indexAuthority(run: Run): Command {
  return new Command('authority')
    .summary("the keys of a network's authority")
    .description(
      "Look at the keys of a network's authority, and let it go on with another one, on the machine of its index. The index may " +
        'run meanwhile: it goes on with what changed within a second.',
    )
    .addCommand(list(run))
    .addCommand(rotate(run));
}

function list(run: Run): Command {
  return below('list', 'list the keys, the oldest first')
    .addHelpText('after', helpFooter([{ command: 'cardume index authority list', does: 'which one signs' }]))
    .action((flags: AuthorityFlags) =>
      run(flags, async () => {
        const { listKeys } = await import('../actions/manage-authority.ts');
        return (context) => listKeys(flags, context);
      }),
    );
}

function rotate(run: Run): Command {
  return below(
    'rotate',
    'take one of the three steps to another key; leave the lifetime of a certificate (12 h) between them, so that all renew',
  )
    .argument('<step>', 'add-next, then sign-with-next, then retire-previous')
    .addHelpText('after', helpFooter([{ command: 'cardume index authority rotate add-next', does: 'the first step' }]))
    .action((step: Step, flags: AuthorityFlags) =>
      run(flags, async () => {
        const actions = await import('../actions/manage-authority.ts');
        return (context) => actions.rotate(step, flags, context);
      }),
    );
}

function below(name: string, summary: string): Command {
  const sentence = `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
  return new Command(name)
    .summary(summary)
    .description(sentence)
    .addOption(new Setting('--authority <folder>', 'where the authority is kept (default: in the state folder)'))
    .addOption(jsonOption());
}
