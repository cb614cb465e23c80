/** Every command has an address: a step of its own, or a dialog of the instance's page. */
import type { LinkProps } from '@tanstack/react-router';
import type { CommandName } from './commands';

export function addressOf(name: CommandName, id: string): LinkProps {
  if (name === 'terminate' || name === 'return' || name === 'return-renewals')
    return { to: '/end', search: { action: name, instances: id, step: 'how' } };
  return { to: '/instances/$id', params: { id }, search: { do: name } };
}
