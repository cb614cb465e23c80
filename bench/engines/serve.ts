/**
 * The shell of each engine's program: one process that answers `POST /life/<id>/<command>` when the command's
 * step is recorded, as the API of a product on this engine would. Settings come by environment.
 */
import { createServer } from 'node:http';
import { Pool } from 'pg';
import { recordIn } from '../peers/tables';

/** Steps of a life, in their order; the state that each leads to. */
export const STEPS = { register: 'running', end: 'bin', purge: 'closed' } as const;
export type CommandName = keyof typeof STEPS;
export const COMMANDS = Object.keys(STEPS) as CommandName[];

export interface Asked {
  id: string;
  command: CommandName;
  /** The registration, or a note: 200 characters. */
  body: string;
  /** The same when a command is sent again. */
  key: string;
}

export const settings = {
  database: process.env.BENCH_DATABASE!,
  schema: process.env.BENCH_SCHEMA!,
  port: Number(process.env.BENCH_PORT),
};

/** As many connections as the yardsticks on Temporal have. */
export const MAX_CONNECTIONS = 20;
export const WEEK_SECONDS = 7 * 24 * 3600;

export const createPool = (): Pool =>
  new Pool({ connectionString: settings.database, max: MAX_CONNECTIONS, pipeline: true });

export const stepOf = ({ id, command, body }: Omit<Asked, 'key'>) => ({
  id,
  step: COMMANDS.indexOf(command),
  to: STEPS[command],
  body,
});

/** Records the step of a command in a transaction of its own. */
export const recorder =
  (pool: Pool) =>
  (asked: Omit<Asked, 'key'>): Promise<void> =>
    recordIn(pool, settings.schema, stepOf(asked));

/** Serves until the process is killed; tells its parent when it does. */
export function serve(carryOut: (asked: Asked) => Promise<void>): void {
  const server = createServer((request, response) => {
    const [, , id, command] = request.url!.split('/');
    const answer = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      text += chunk;
    });
    request.on('end', () => {
      const key = String(request.headers['idempotency-key']);
      const { body } = JSON.parse(text) as { body: string };
      carryOut({ id: id!, command: command as CommandName, body, key }).then(
        () => answer(200, { id, command }),
        (error: unknown) => answer(500, { error: String(error) }),
      );
    });
  });
  server.listen(settings.port, '127.0.0.1', tellReady);
}

export function tellReady(): void {
  process.send?.('ready');
  process.on('disconnect', () => process.exit(0));
}
