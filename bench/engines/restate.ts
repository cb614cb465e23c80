/**
 * Restate: a virtual object a life. The ingress of its server takes the commands; the deadline is a delayed
 * call of the object to itself, cancelled when the life is closed before it.
 */
import * as restate from '@restatedev/restate-sdk';
import { createPool, recorder, settings, tellReady, WEEK_SECONDS } from './serve';

/** The SDK wants it, and Node.js has it from version 22 on. */
function withResolvers() {
  const made: { resolve?: unknown; reject?: unknown } = {};
  const promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return { promise, ...made };
}
if (!('withResolvers' in Promise)) Object.assign(Promise, { withResolvers });

const record = recorder(createPool());

interface Note {
  body: string;
}

/** What the object calls of itself. */
const LIFE: restate.VirtualObjectDefinition<
  'life',
  { purge: (ctx: restate.ObjectContext, note: Note) => Promise<void> }
> = { name: 'life' };

const life = restate.object({
  name: 'life',
  handlers: {
    register: async (ctx: restate.ObjectContext, { body }: Note): Promise<void> => {
      if ((await ctx.get<string>('state')) !== null) return;
      await ctx.run('record', () => record({ id: ctx.key, command: 'register', body }));
      ctx.set('state', 'running');
    },

    end: async (ctx: restate.ObjectContext, { body }: Note): Promise<void> => {
      if ((await ctx.get<string>('state')) !== 'running') return;
      await ctx.run('record', () => record({ id: ctx.key, command: 'end', body }));
      const release = ctx
        .objectSendClient(LIFE, ctx.key)
        .purge({ body: '' }, restate.rpc.sendOpts({ delay: { seconds: WEEK_SECONDS } }));
      ctx.set('release', await release.invocationId);
      ctx.set('state', 'bin');
    },

    purge: async (ctx: restate.ObjectContext, { body }: Note): Promise<void> => {
      if ((await ctx.get<string>('state')) !== 'bin') return;
      await ctx.run('record', () => record({ id: ctx.key, command: 'purge', body }));
      const release = (await ctx.get<string>('release')) as restate.InvocationId | null;
      // The deadline may be what is calling.
      if (release !== null && release !== ctx.request().id) ctx.cancel(release);
      ctx.clear('release');
      ctx.set('state', 'closed');
    },
  },
});

void restate.serve({ services: [life], port: settings.port }).then(tellReady);
