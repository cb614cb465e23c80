/** Every page has an address that can be shared; each is a file of its own that is fetched when it is opened. */
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router';
import { readAccountDialog } from '../pages/account/search';
import { readBinSearch } from '../pages/bin/search';
import { readEndSearch } from '../pages/end/search';
import { readFilters } from '../pages/instances/filters';
import { type CommandName, isCommand } from '../parts/commands';
import { Failed, Loading, NothingHere } from '../parts/states';
import { Shell } from './shell';

const root = createRootRoute({ component: Shell });

/** Which dialog is open stands in the address. */
const readDialog = ({ do: name }: Record<string, unknown>): { do?: CommandName } =>
  isCommand(name) ? { do: name } : {};

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/instances' });
  },
});

const instances = createRoute({
  getParentRoute: () => root,
  path: '/instances',
  validateSearch: readFilters,
  component: lazyRouteComponent(() => import('../pages/instances'), 'Instances'),
});

const instance = createRoute({
  getParentRoute: () => root,
  path: '/instances/$id',
  validateSearch: readDialog,
  component: lazyRouteComponent(() => import('../pages/instance'), 'InstancePage'),
});

const end = createRoute({
  getParentRoute: () => root,
  path: '/end',
  validateSearch: readEndSearch,
  component: lazyRouteComponent(() => import('../pages/end'), 'End'),
});

const termination = createRoute({
  getParentRoute: () => root,
  path: '/terminations/$id',
  validateSearch: ({ submitted }: Record<string, unknown>): { submitted?: true } =>
    submitted === true ? { submitted } : {},
  component: lazyRouteComponent(() => import('../pages/termination'), 'TerminationPage'),
});

const refund = createRoute({
  getParentRoute: () => root,
  path: '/refunds/$id',
  component: lazyRouteComponent(() => import('../pages/refund'), 'RefundPage'),
});

const account = createRoute({
  getParentRoute: () => root,
  path: '/accounts/$account',
  validateSearch: readAccountDialog,
  component: lazyRouteComponent(() => import('../pages/account'), 'Account'),
});

const accounts = createRoute({
  getParentRoute: () => root,
  path: '/accounts',
  component: lazyRouteComponent(() => import('../pages/accounts'), 'Accounts'),
});

const bin = createRoute({
  getParentRoute: () => root,
  path: '/bin',
  validateSearch: readBinSearch,
  component: lazyRouteComponent(() => import('../pages/bin'), 'Bin'),
});

const refunds = createRoute({
  getParentRoute: () => root,
  path: '/refunds',
  component: lazyRouteComponent(() => import('../pages/refunds'), 'Refunds'),
});

const terminations = createRoute({
  getParentRoute: () => root,
  path: '/terminations',
  component: lazyRouteComponent(() => import('../pages/terminations'), 'Terminations'),
});

const keys = createRoute({
  getParentRoute: () => root,
  path: '/keys',
  component: lazyRouteComponent(() => import('../pages/keys'), 'Keys'),
});

const policies = createRoute({
  getParentRoute: () => root,
  path: '/policies/$product',
  component: lazyRouteComponent(() => import('../pages/policies'), 'Policies'),
});

const allPolicies = createRoute({
  getParentRoute: () => root,
  path: '/policies',
  beforeLoad: () => {
    throw redirect({ to: '/policies/$product', params: { product: 'all' } });
  },
});

const requests = createRoute({
  getParentRoute: () => root,
  path: '/requests',
  component: lazyRouteComponent(() => import('../pages/requests'), 'Requests'),
});

const request = createRoute({
  getParentRoute: () => root,
  path: '/requests/$id',
  component: lazyRouteComponent(() => import('../pages/request'), 'RequestPage'),
});

const audits = createRoute({
  getParentRoute: () => root,
  path: '/audit',
  component: lazyRouteComponent(() => import('../pages/audit'), 'Audits'),
});

const audit = createRoute({
  getParentRoute: () => root,
  path: '/audit/$id',
  component: lazyRouteComponent(() => import('../pages/audit/one'), 'AuditPage'),
});

const attention = createRoute({
  getParentRoute: () => root,
  path: '/attention',
  component: lazyRouteComponent(() => import('../pages/attention'), 'Attention'),
});

const drift = createRoute({
  getParentRoute: () => root,
  path: '/drift',
  component: lazyRouteComponent(() => import('../pages/drift'), 'Drift'),
});

export const router = createRouter({
  routeTree: root.addChildren([
    home,
    instances,
    instance,
    end,
    bin,
    refunds,
    refund,
    accounts,
    account,
    terminations,
    termination,
    keys,
    requests,
    request,
    allPolicies,
    policies,
    audits,
    audit,
    attention,
    drift,
  ]),
  defaultPreload: 'intent',
  defaultPendingComponent: () => <Loading lines={6} />,
  defaultErrorComponent: ({ error, reset }) => <Failed error={error} retry={reset} />,
  defaultNotFoundComponent: NothingHere,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
