/** `sunset keys create`, `list`, `revoke`: who may speak to the service, and what they may do. */
import { type Command, Option } from 'commander';
import type { KeyAnswer, NewKeyAnswer } from '../../../contract/keys';
import { PERMISSIONS } from '../../../domain/permissions';
import type { Text } from '../../../domain/text';
import { type ListOptions, list, paged } from '../lists';
import { mention, print, printJson, table } from '../output';
import { run } from '../run';
import { EXIT, type Session, Usage } from '../session';
import { when } from '../text';

const HEAD: Text[] = [
  { en: 'key', zh: '密钥' },
  { en: 'account', zh: '账号' },
  { en: 'name', zh: '名称' },
  { en: 'permissions', zh: '权限' },
  { en: 'made', zh: '创建时间' },
  { en: 'by', zh: '创建者' },
  { en: 'revoked', zh: '吊销时间' },
];

interface Creation {
  account?: string;
  allAccounts?: boolean;
  permissions: string;
}

export function addKeys(program: Command): void {
  const keys = program.command('keys').description('make, list and revoke keys of callers');
  keys
    .command('create')
    .description('make a key; what is secret of it is shown this once')
    .argument('<name>', 'whose key it is: the `by` of what happens')
    .option('--account <account>', 'the only account that exists for it')
    .addOption(new Option('--all-accounts', 'for the operator’s own people').conflicts('account'))
    .requiredOption('--permissions <permission,...>', `of: ${PERMISSIONS.join(', ')}`)
    .action(async (name: string, options: Creation, command: Command) =>
      run(command, (session) => create(session, name, options)),
    );
  paged(keys.command('list').description('keys in the order in which they were made, revoked ones too'))
    .option('--account <account>', 'of one account')
    .action(async ({ account, ...page }: ListOptions & { account?: string }, command: Command) =>
      run(command, (session) =>
        list<KeyAnswer>(session, '/v1/keys', { account }, page, HEAD, (one) => rowOf(session, one)),
      ),
    );
  keys
    .command('revoke')
    .description('revoke a key, at once and for ever')
    .argument('<key>', 'its id, as sunset keys list shows it')
    .action(async (id: string, _: unknown, command: Command) =>
      run(command, (session) => revoke(session, id)),
    );
}

const accountOf = ({ say }: Session, { account }: Pick<KeyAnswer, 'account'>): string =>
  account ?? say({ en: '(all)', zh: '（全部）' });

const rowOf = (session: Session, one: KeyAnswer) => [
  one.id,
  accountOf(session, one),
  one.name,
  one.permissions.join(', '),
  when(one.createdAt),
  one.createdBy,
  when(one.revokedAt),
];

async function create(
  session: Session,
  name: string,
  { account, allAccounts, permissions }: Creation,
): Promise<number> {
  if (account === undefined && !allAccounts)
    throw new Usage('a key is of one account (--account) or of all of them (--all-accounts)');
  const body = {
    account: account ?? null,
    name,
    permissions: permissions.split(',').map((one) => one.trim()),
  };
  const { body: made } = await session.api.post<NewKeyAnswer>('/v1/keys', body, session.idempotencyKey);
  if (session.json) printJson(made);
  else show(session, made);
  return EXIT.ok;
}

function show(session: Session, { id, key, secretId, secretKey }: NewKeyAnswer): void {
  const { say } = session;
  print(
    table(
      [say({ en: 'what', zh: '项目' }), say({ en: 'value', zh: '值' })],
      [
        ['id', id],
        ['key', key],
        ['secretId', secretId],
        ['secretKey', secretKey],
      ],
    ),
  );
  mention(
    say({
      en: 'Keep them now: they are not shown again. --key takes the key; the pair signs requests.',
      zh: '请立即妥善保存，之后不再显示。key 用于 --key；secretId 与 secretKey 用于请求签名。',
    }),
  );
}

async function revoke(session: Session, id: string): Promise<number> {
  const { body } = await session.api.post<KeyAnswer>(
    `/v1/keys/${encodeURIComponent(id)}/revoke`,
    {},
    session.idempotencyKey,
  );
  if (session.json) printJson(body);
  else
    print(
      table(
        HEAD.map((one) => session.say(one)),
        [rowOf(session, body)],
      ),
    );
  return EXIT.ok;
}
