/** What waiting does to a refund: computed at each call, kept nowhere. */

import { refundCurveAnswer } from '../../contract/answers';
import { presentRefundCurve } from '../../contract/present-curve';
import { byId, curveQuery } from '../../contract/requests';
import { clockOf } from '../../domain/clock';
import { curveInTurns } from '../../domain/curve';
import { rightsKey } from '../../domain/returns';
import { countRightsOf } from '../../store/agreements/rights';
import { subjectsOf } from '../../store/agreements/subjects';
import { inTurns } from '../../store/in-turns';
import { type ApiDeps, policyOfRow } from '../deps';
import { type Route, route } from '../http/route';
import { existingInstance } from '../use-cases/existing';

const SOME_POINTS = 100;

export const refundCurveRoutes = (deps: ApiDeps): Route[] => [
  route({
    method: 'get',
    path: '/v1/instances/{id}/refund-curve',
    tag: 'Quotes',
    summary: 'The refund now and at the next steps',
    description:
      'What a return would pay now and at the next steps: the end of the five-day right, the next twelve months that become whole, the end of an upgrade and of the order in force; with warnings of cliffs, and of a wait that pays more. With `from`, `to` or `points` the part of it from one instant to the other (by default from now to the end of the order in force), with so many points in between (by default 100). Each point is what a quote at that instant would say; nothing is kept.',
    permission: 'read',
    params: byId,
    query: curveQuery,
    answers: {
      200: {
        description: 'The curve; without points when a return is blocked now.',
        schema: refundCurveAnswer,
      },
    },
    problems: { 404: ['NOT_FOUND'] },
    handle: async ({ params, query, caller, lang }) => {
      const row = await existingInstance(deps, caller, params.id);
      const now = Date.now();
      const subjects = await subjectsOf(deps.pool, [row], policyOfRow(deps), (one) => clockOf(one, now));
      const { account, product } = row.facts;
      const left = (await countRightsOf(deps.pool, subjects)).get(rightsKey(account, product))!;
      const span = Object.keys(query).length ? { ...query, points: query.points ?? SOME_POINTS } : undefined;
      const curve = await inTurns(curveInTurns(subjects[0]!, left, span));
      return { status: 200, body: presentRefundCurve(curve, lang) };
    },
  }),
];
