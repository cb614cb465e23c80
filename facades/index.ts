/**
 * The vendors' own interfaces in front of the same use cases: existing scripts, SDKs and tools work by
 * changing the endpoint.
 */
import { Router } from 'express';
import { Counter } from 'prom-client';
import type { ApiDeps } from '../api/deps';
import type { Facade } from '../api/http/app';
import { limitFailures } from '../api/http/auth';
import type { Metrics } from '../api/http/metrics';
import { jdFacade } from './jd';
import { signersOf } from './signer';
import { tencentFacade } from './tencent';
import type { CountCall, FacadeTools } from './tools';

function countCalls({ registry }: Metrics): CountCall {
  const counter = new Counter({
    name: 'sunset_facade_calls_total',
    help: 'Calls of the vendors’ own interfaces, by interface, action and the vendor’s code.',
    labelNames: ['facade', 'action', 'code'],
    registers: [registry],
  });
  return (facade, action, code) => counter.inc({ facade, action, code });
}

function failuresOf(deps: ApiDeps): FacadeTools['limitFailures'] {
  const limit = limitFailures(deps);
  return async (request, response) =>
    await new Promise((resolve, reject) => {
      const next = (error?: unknown) => (error === undefined ? resolve() : reject(error as Error));
      void limit(request, response, next);
    });
}

export const vendorFacades: Facade = (deps, metrics) => {
  const tools: FacadeTools = {
    deps,
    findSigner: signersOf(deps),
    limitFailures: failuresOf(deps),
    count: countCalls(metrics),
  };
  return Router({ caseSensitive: true, strict: true }).use(tencentFacade(tools), jdFacade(tools));
};
