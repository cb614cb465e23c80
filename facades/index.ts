/**
 * The vendors' own interfaces in front of the same use cases: existing scripts, SDKs and tools work by
 * changing the endpoint.
 */
import { Router } from 'express';
import { Counter } from 'prom-client';
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

export const vendorFacades: Facade = (deps, metrics) => {
  const tools: FacadeTools = {
    deps,
    findSigner: signersOf(deps),
    limitFailures: limitFailures(deps),
    count: countCalls(metrics),
  };
  return Router({ caseSensitive: true, strict: true }).use(tencentFacade(tools), jdFacade(tools));
};
