/** The dialog of a command, by its address: each says what it does, and asks for what it needs. */
import type { ReactNode } from 'react';
import type { CommandName } from '../../../parts/commands';
import { CancelTermination } from '../../../parts/timed-termination';
import { Purge, Restore, Undo } from './bin';
import type { DialogOf } from './dialog-of';
import { Hold, Protect, Unprotect } from './guards';
import { Power } from './power';
import { Renew } from './renew';
import { Request } from './request';
import { Reschedule } from './reschedule';
import { Resolve } from './resolve';
import { Skip } from './skip';

const DIALOGS: Partial<Record<CommandName, (props: DialogOf) => ReactNode>> = {
  cancel: CancelTermination,
  reschedule: Reschedule,
  restore: Restore,
  purge: Purge,
  undo: Undo,
  protect: Protect,
  unprotect: Unprotect,
  hold: Hold,
  unhold: Hold,
  start: (props) => <Power {...props} name="start" />,
  stop: (props) => <Power {...props} name="stop" />,
  renew: Renew,
  'request-refund': Request,
  resolve: Resolve,
  'fast-forward': Skip,
};

export function CommandDialog({ name, ...props }: DialogOf & { name: CommandName }) {
  const Asked = DIALOGS[name];
  return Asked ? <Asked {...props} /> : null;
}
