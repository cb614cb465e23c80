import type { Registry } from 'prom-client';
import type { ApiDeps } from '../deps';
import type { Route } from '../http/route';
import { accountRoutes } from './accounts';
import { adjustmentRoutes } from './adjustments';
import { auditRoutes } from './audits';
import { controlPlaneRoutes } from './control-plane';
import { controlPlanesRoutes } from './control-planes';
import { eventRoutes } from './events';
import { fastForwardRoutes } from './fast-forward';
import { instanceRoutes } from './instances';
import { keyRoutes } from './keys';
import { ledgerRoutes } from './ledger';
import { machineRoutes } from './machines';
import { orderRoutes } from './orders';
import { policyRoutes } from './policies';
import { possibleRoutes } from './possible';
import { powerRoutes } from './power';
import { quoteRoutes } from './quotes';
import { recycleBinRoutes } from './recycle-bin';
import { refundCurveRoutes } from './refund-curve';
import { refundRequestRoutes } from './refund-requests';
import { refundRoutes } from './refunds';
import { repairRoutes } from './repair';
import { serviceRoutes } from './service';
import { sessionRoutes } from './sessions';
import { terminationRoutes } from './terminations';
import { timedRoutes } from './timed';

/** Every call of the API. */
export const allRoutes = (deps: ApiDeps, metrics: Registry): Route[] => [
  ...instanceRoutes(deps),
  ...possibleRoutes(deps),
  ...powerRoutes(deps),
  ...orderRoutes(deps),
  ...controlPlaneRoutes(deps),
  ...policyRoutes(deps),
  ...quoteRoutes(deps),
  ...refundCurveRoutes(deps),
  ...terminationRoutes(deps),
  ...timedRoutes(deps),
  ...recycleBinRoutes(deps),
  ...refundRoutes(deps),
  ...refundRequestRoutes(deps),
  ...accountRoutes(deps),
  ...adjustmentRoutes(deps),
  ...ledgerRoutes(deps),
  ...auditRoutes(deps),
  ...eventRoutes(deps),
  ...keyRoutes(deps),
  ...sessionRoutes(deps),
  ...fastForwardRoutes(deps),
  ...repairRoutes(deps),
  ...controlPlanesRoutes(deps),
  ...machineRoutes(deps),
  ...serviceRoutes(deps, metrics),
];
