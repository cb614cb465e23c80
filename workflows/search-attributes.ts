import {
  defineSearchAttributeKey,
  type SearchAttributePair,
  type TypedSearchAttributes,
} from '@temporalio/common';
import { isHeld, type Life } from '../domain/lifecycle';

/**
 * What the Web UI and the Temporal CLI can filter by. Ids and states only: attributes are not
 * encrypted.
 */
export const SEARCH_ATTRIBUTES = {
  SunsetAccount: 'Keyword',
  SunsetProduct: 'Keyword',
  SunsetState: 'Keyword',
  SunsetReleaseTime: 'Datetime',
  SunsetAttention: 'Bool',
} as const;

const account = defineSearchAttributeKey('SunsetAccount', 'KEYWORD');
const product = defineSearchAttributeKey('SunsetProduct', 'KEYWORD');
const state = defineSearchAttributeKey('SunsetState', 'KEYWORD');
const attention = defineSearchAttributeKey('SunsetAttention', 'BOOL');
const releaseTime = defineSearchAttributeKey('SunsetReleaseTime', 'DATETIME');

/** Set at the start, where they are free. */
export const attributesAtStart = (of: {
  account: string;
  product: string;
  state: string;
}): SearchAttributePair[] => [
  { key: account, value: of.account },
  { key: product, value: of.product },
  { key: state, value: of.state },
];

/** The instant at which the instance is to be released, if one is set; a legal hold has none (L16). */
export const releaseTimeOf = (life: Life): string | null =>
  isHeld(life) ? null : (life.purgeTime ?? life.termination?.at ?? null);

/** Set at the start of a life that is taken up again, or taken over from another system's bin. */
export const releaseAttribute = (release: string | null): SearchAttributePair[] =>
  release === null ? [] : [{ key: releaseTime, value: new Date(release) }];

/** What changes in the course of a life, all keys in one upsert. */
export const changingAttributes = (life: Life) => {
  const release = releaseTimeOf(life);
  return [
    { key: state, value: life.state },
    { key: releaseTime, value: release === null ? null : new Date(release) },
    // Only what a control plane carries out can get stuck.
    ...(life.driver === undefined ? [] : [{ key: attention, value: needsAttention(life) }]),
  ];
};

/** Whether somebody has to say what is to become of it. */
export const needsAttention = ({ crossing }: Life): boolean => crossing?.attention !== undefined;

/** What the attributes say, read back from a list; a workflow that has only just begun may have none yet. */
export const situationIn = (
  attributes: TypedSearchAttributes,
): { state?: string; releaseTime: string | null } => {
  const said = attributes.get(state);
  return {
    ...(said === undefined ? {} : { state: said }),
    releaseTime: attributes.get(releaseTime)?.toISOString() ?? null,
  };
};
