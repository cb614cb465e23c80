import { commandTo } from '../../../api/commands';
import { useCommand } from '../../../api/use-command';
import { Dialog } from '../../../parts/dialog';
import { useWords } from '../../../words';
import type { DialogOf } from './dialog-of';

export function Power({ instance, close, name }: DialogOf & { name: 'start' | 'stop' }) {
  const { dialogs, command } = useWords();
  const doing = useCommand(commandTo(instance.id, name));
  return (
    <Dialog
      title={dialogs[name].title(instance.id)}
      close={close}
      command={doing}
      submit={() => doing.mutate({}, { onSuccess: close })}
      label={command[name]}
    >
      <p>{dialogs[name].lead}</p>
    </Dialog>
  );
}
