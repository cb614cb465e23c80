/** Fields that several actions have. */
import { z } from 'zod';
import { id, instant } from '../../../contract/fields';

/** The vendor's bound, of ids and of a page. */
export const MAX = 100;

const unique = (ids: string[]): string[] => [...new Set(ids)];

/** An id that is there twice counts once. */
export const instanceIds = z.array(id).min(1).max(MAX).transform(unique);

export const page = {
  Offset: z.number().int().min(0).max(1_000_000).default(0),
  Limit: z.number().int().min(1).max(MAX).default(20),
};

/** `2018-05-29T11:26:40Z`: UTC, without parts of a second. */
export const utcTime = z
  .string({ error: 'NOT_A_TIME' })
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, { error: 'NOT_A_TIME' })
  .pipe(instant);

/** `2018-05-01 19:00:00`, which is Beijing time wherever the vendor writes no zone; yields an instant. */
export const beijingTime = z
  .string({ error: 'NOT_A_TIME' })
  .regex(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/, { error: 'NOT_A_TIME' })
  .transform((text) => `${text.replace(' ', 'T')}+08:00`)
  .pipe(instant);

/** As the vendor writes instants: to the second. */
export const toSecond = (instantOfOurs: string): string =>
  `${new Date(instantOfOurs).toISOString().slice(0, 19)}Z`;
