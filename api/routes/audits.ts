/** What audits have found. They are made every night by a schedule, and by `npm run audit`. */

import { pageAnswer } from '../../contract/answers';
import { auditAnswer, auditChecksAnswer, auditSummaryAnswer, sealAnswer } from '../../contract/books';
import { byDerivedId, pageQuery } from '../../contract/requests';
import { CHECKS } from '../../store/audit';
import { findAudit, listAudits } from '../../store/audit/runs';
import { findHead, unsealedBacklog } from '../../store/books/seal';
import type { ApiDeps } from '../deps';
import { listReply } from '../http/page';
import { type Route, route } from '../http/route';
import { presentAudit, presentAuditSummary } from '../present/audits';
import { notFound } from '../problem';

const TAG = 'Books';

export const auditRoutes = (deps: ApiDeps): Route[] => [
  route({
    method: 'get',
    path: '/v1/audit-checks',
    tag: TAG,
    summary: 'What an audit looks at',
    permission: 'audit',
    staffOnly: true,
    answers: { 200: { description: 'All checks, in their order.', schema: auditChecksAnswer } },
    handle: async () => ({
      status: 200,
      body: { items: CHECKS.map(({ name, title }) => ({ name, title })) },
    }),
  }),
  route({
    method: 'get',
    path: '/v1/seal',
    tag: TAG,
    summary: 'The newest seal of the ledger, and what waits for one',
    permission: 'audit',
    staffOnly: true,
    answers: { 200: { description: 'The seal.', schema: sealAnswer } },
    handle: async () => {
      const [head, unsealed] = await Promise.all([findHead(deps.pool), unsealedBacklog(deps.pool)]);
      return { status: 200, body: { head: head ?? null, unsealed } };
    },
  }),
  route({
    method: 'get',
    path: '/v1/audits',
    tag: TAG,
    summary: 'List audits',
    permission: 'audit',
    staffOnly: true,
    query: pageQuery,
    answers: { 200: { description: 'A page, the latest first.', schema: pageAnswer(auditSummaryAnswer) } },
    handle: (call) => listReply(call, (_, page) => listAudits(deps.pool, page), presentAuditSummary),
  }),
  route({
    method: 'get',
    path: '/v1/audits/{id}',
    tag: TAG,
    summary: 'What one audit found and healed',
    permission: 'audit',
    staffOnly: true,
    params: byDerivedId,
    answers: { 200: { description: 'The audit.', schema: auditAnswer } },
    problems: { 404: ['NOT_FOUND'] },
    handle: async ({ params }) => {
      const row = await findAudit(deps.pool, params.id);
      if (!row) throw notFound('audit', params.id);
      return { status: 200, body: presentAudit(row) };
    },
  }),
];
