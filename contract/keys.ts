/** Keys of callers, as they come in and as they are answered. */
import { z } from 'zod';
import { PERMISSIONS } from '../domain/permissions';
import { account, id, instant } from './fields';
import { evenBeside } from './issues';
import { flagDuplicates, pageQuery } from './requests';

const permission = z.enum(PERMISSIONS);

export const keySchema = z
  .strictObject({
    account: account
      .nullable()
      .meta({ description: 'The only account that exists for the key; null: all accounts.' }),
    name: id.meta({
      description: 'Whose key it is: it is the `by` of what happens, `<name>@<account>`.',
      examples: ['alice'],
    }),
    permissions: z
      .array(permission)
      .min(1)
      .max(PERMISSIONS.length)
      .superRefine(flagDuplicates, evenBeside(Array.isArray)),
  })
  .meta({
    id: 'KeyRequest',
    examples: [{ account: '100001', name: 'alice', permissions: ['read', 'terminate'] }],
  });

export const keysQuery = pageQuery.extend({ account: account.optional() });

const shape = {
  id: z.string(),
  account: z.string().nullable(),
  name: z.string(),
  permissions: z.array(permission),
  secretId: z.string().meta({ description: 'Names the pair that signs requests.' }),
  createdAt: instant,
};

export const newKeyAnswer = z
  .object({
    ...shape,
    key: z.string().meta({ description: 'The bearer key. It is shown here and nowhere else.' }),
    secretKey: z.string().meta({
      description: 'The secret of the pair that signs requests. It changes with the operator’s key.',
    }),
  })
  .meta({ id: 'NewKey' });

export const keyAnswer = z
  .object({
    ...shape,
    createdBy: z.string(),
    revokedBy: z.string().nullable(),
    revokedAt: instant.nullable(),
  })
  .meta({ id: 'Key' });

export type KeyAnswer = z.infer<typeof keyAnswer>;
export type NewKeyAnswer = z.infer<typeof newKeyAnswer>;
