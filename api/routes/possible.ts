/** What can be done with an instance now. */
import { commandsAnswer } from '../../contract/commands';
import { byId } from '../../contract/requests';
import type { ApiDeps } from '../deps';
import { type Route, route } from '../http/route';
import { presentPossible } from '../present/possible';
import { possibleCommands } from '../use-cases/possible';

export const possibleRoutes = (deps: ApiDeps): Route[] => [
  route({
    method: 'get',
    path: '/v1/instances/{id}/commands',
    tag: 'Instances',
    summary: 'What can be done with an instance now, and what stands against the rest',
    description:
      'Each command is decided as its workflow would decide it, and quoted as a quote would, for the caller and for now; nothing is sent.',
    permission: 'read',
    params: byId,
    answers: { 200: { description: 'The commands.', schema: commandsAnswer } },
    problems: { 404: ['NOT_FOUND'] },
    handle: async ({ params, caller, lang }) => {
      const { row, at, commands } = await possibleCommands(deps, caller, params.id);
      const items = commands.map((one) => presentPossible(one, lang));
      return { status: 200, body: { instanceId: row.id, state: row.life.state, asOf: at, items } };
    },
  }),
];
