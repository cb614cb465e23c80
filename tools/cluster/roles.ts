/**
 * Runs deploy/postgres/roles.sql as psql would in the container: the file is the same, psql itself is not at
 * hand everywhere.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from 'pg';
import { asSuperuser, type ClusterState, readState } from '../../embedded/tools';
import { ROOT } from './place';

export interface Statement {
  sql: string;
  /** `\gexec`: its result cells are statements to run. */
  isGenerator: boolean;
}

/** The statements of a file that uses nothing of psql but `:'variables'` and `\gexec`. */
export function statementsOf(
  text: string,
  variables: Record<string, string>,
  quote: (text: string) => string,
): Statement[] {
  const filled = text.replace(/^--.*$/gm, '').replace(/:'(\w+)'/g, (_, name: string) => {
    const value = variables[name];
    if (value === undefined) throw new Error(`roles.sql asks for ${name}, which nobody gives`);
    return quote(value);
  });
  return [...filled.matchAll(/([^;\\]+)(;|\\gexec)/g)].map(([, sql = '', end]) => ({
    sql: sql.trim(),
    isGenerator: end === '\\gexec',
  }));
}

async function runStatements(client: Client, statements: Statement[]): Promise<void> {
  for (const { sql, isGenerator } of statements) {
    const { rows } = await client.query<unknown[]>({ text: sql, rowMode: 'array' });
    if (isGenerator) for (const made of rows.flat()) await client.query(String(made));
  }
}

/** Makes roles and databases, and sets the roles' passwords. */
export async function applyRoles(
  postgresFolder: string,
  port: number,
  passwords: Record<string, string>,
): Promise<void> {
  const state = readState<ClusterState>(join(postgresFolder, 'postgres.json'));
  if (!state) throw new Error(`there is no postgres.json in ${postgresFolder}`);
  const text = readFileSync(join(ROOT, 'deploy', 'postgres', 'roles.sql'), 'utf8');
  await asSuperuser(port, state, (client) =>
    runStatements(
      client,
      statementsOf(text, passwords, (value) => client.escapeLiteral(value)),
    ),
  );
}
