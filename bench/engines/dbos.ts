/**
 * DBOS: a workflow a life that waits for messages and tells by events what it has done; steps are
 * transactions of its data source, which commit with their own checkpoint. The data source has no version 5,
 * so both are of version 4.
 */
import { DBOS } from '@dbos-inc/dbos-sdk';
import { PostgresDataSource } from '@dbos-inc/postgres-datasource';
import { TABLES } from '../peers/tables';
import {
  type Asked,
  type CommandName,
  MAX_CONNECTIONS,
  serve,
  settings,
  stepOf,
  WEEK_SECONDS,
} from './serve';

const { schema, database } = settings;
const { hostname, port, username, password, pathname } = new URL(database);
const source = new PostgresDataSource('app', {
  host: hostname,
  port: Number(port),
  username,
  password: decodeURIComponent(password),
  database: pathname.slice(1),
  max: MAX_CONNECTIONS,
  onnotice: () => {},
});

async function insertAll(id: string, command: CommandName, body: string): Promise<void> {
  const { step, to } = stepOf({ id, command, body });
  const sql = source.client;
  await Promise.all(
    TABLES.map(
      (table) =>
        sql`INSERT INTO ${sql(`${schema}.${table}`)} (id, step, state, body)
          VALUES (${id}, ${step}, ${to}, ${body})`,
    ),
  );
}
const record = source.registerTransaction(insertAll, { name: 'record' });

const LONG_SECONDS = 100 * 365 * 24 * 3600;
const doneOf = (command: CommandName): string => `done-${command}`;

async function lifeFunction(id: string, body: string): Promise<void> {
  const step = async (command: CommandName, note: string): Promise<void> => {
    await record(id, command, note);
    await DBOS.setEvent(doneOf(command), true);
  };
  await step('register', body);
  const end = await DBOS.recv<string>('end', LONG_SECONDS);
  await step('end', end ?? '');
  const purge = await DBOS.recv<string>('purge', WEEK_SECONDS);
  await step('purge', purge ?? '');
}
const life = DBOS.registerWorkflow(lifeFunction, { name: 'life' });

async function carryOut({ id, command, body, key }: Asked): Promise<void> {
  if (command === 'register') await DBOS.startWorkflow(life, { workflowID: id })(id, body);
  else await DBOS.send(id, body, command, key);
  if (!(await DBOS.getEvent<boolean>(id, doneOf(command), 60))) throw new Error(`${command} took too long`);
}

async function main(): Promise<void> {
  DBOS.setConfig({
    name: 'bench',
    systemDatabaseUrl: database,
    systemDatabasePoolSize: MAX_CONNECTIONS,
    logLevel: 'error',
    // The same after a restart: whose workflows these are.
    applicationVersion: '1',
    executorID: 'bench',
  });
  await PostgresDataSource.initializeDBOSSchema({
    host: hostname,
    port: Number(port),
    username,
    password: decodeURIComponent(password),
    database: pathname.slice(1),
    onnotice: () => {},
  });
  await DBOS.launch();
  serve(carryOut);
}

void main();
