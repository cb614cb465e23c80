/** `sunset cancel`, `reschedule`: timed terminations that wait. */
import type { Command } from 'commander';
import type { AcceptedAnswer, InstanceAnswer } from '../../../contract/answers';
import { commandAll, run } from '../run';
import { commandInstance } from '../session';

export function addTimed(program: Command): void {
  program
    .command('cancel')
    .description('cancel timed terminations')
    .argument('<id...>', 'instances')
    .action(async (ids: string[], _: unknown, command: Command) =>
      run(command, (session) =>
        commandAll(session, ids, session.say({ en: 'cancelling', zh: '取消' }), (id) =>
          commandInstance<InstanceAnswer | AcceptedAnswer>(session, id, 'cancel'),
        ),
      ),
    );
  program
    .command('reschedule')
    .description('move a timed termination to another time')
    .argument('<id>', 'instance')
    .argument('<time>', 'the new time, ISO-8601 with offset')
    .action(async (id: string, at: string, _: unknown, command: Command) =>
      run(command, (session) =>
        commandAll(session, [id], session.say({ en: 'moving', zh: '修改' }), (one) =>
          commandInstance<InstanceAnswer | AcceptedAnswer>(session, one, 'reschedule', { at }),
        ),
      ),
    );
}
