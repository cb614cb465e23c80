/**
 * The arrows of the house (see README, "Find your way around"): each room may import only the rooms named
 * here.
 */
const ROOMS = {
  domain: [],
  contract: ['domain'],
  policies: ['domain'],
  workflows: ['domain'],
  store: ['domain'],
  temporal: ['domain', 'workflows'],
  drivers: ['domain'],
  activities: ['domain', 'drivers', 'store'],
  embedded: [],
  // As operators would write it: with nothing of the house.
  examples: [],
  api: ['contract', 'domain', 'drivers', 'store', 'temporal', 'workflows'],
  facades: ['api', 'contract', 'domain', 'store'],
  console: ['contract'],
  worker: ['domain', 'drivers', 'store', 'activities', 'temporal', 'workflows'],
};

const roomRules = Object.entries(ROOMS).map(([room, allowed]) => ({
  name: `${room}-imports`,
  comment: `${room}/ may import only ${allowed.length ? allowed.join(', ') : 'nothing of the other rooms'}.`,
  severity: 'error',
  from: { path: `^${room}/` },
  to: {
    path: '^(contract|domain|policies|workflows|activities|drivers|store|temporal|worker|api|facades|console|embedded|examples|cli|tools|test|bench)/',
    pathNot: `^(${[room, ...allowed].join('|')})/`,
    // Known as types only: activities to workflows, what the audit asks of Temporal to those who ask
    // Temporal.
    ...(['workflows', 'activities', 'temporal'].includes(room) ? { dependencyTypesNot: ['type-only'] } : {}),
  },
}));

module.exports = {
  forbidden: [
    ...roomRules,
    {
      name: 'no-cycles',
      comment: 'Also of types alone.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'domain-is-pure',
      comment: 'The rules know nothing of Temporal, Express, SQL or the clock.',
      severity: 'error',
      from: { path: '^domain/' },
      to: {
        dependencyTypes: ['npm', 'npm-dev', 'core'],
        pathNot: 'node_modules/(decimal\\.js|temporal-polyfill|currency-codes)/',
      },
    },
    {
      name: 'contract-runs-in-a-browser',
      severity: 'error',
      from: { path: '^contract/' },
      to: { dependencyTypes: ['npm', 'npm-dev', 'core'], pathNot: 'node_modules/zod/' },
    },
    {
      name: 'one-place-counts-digits',
      comment:
        'Amounts are ratios that never divide before the rounding (domain/ratio.ts); a Decimal elsewhere could.',
      severity: 'error',
      from: { pathNot: '^(domain/ratio\\.ts$|test/)' },
      to: { path: 'node_modules/decimal\\.js/' },
    },
    {
      name: 'workflows-are-deterministic',
      comment: 'Calendar arithmetic, sums of money and clients never run inside a workflow.',
      severity: 'error',
      from: { path: '^workflows/' },
      to: {
        path: '^domain/(calendar|refund|quote|money|ratio)|node_modules/(?!@temporalio/(workflow|common))',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'no-core-in-workflows',
      severity: 'error',
      from: { path: '^workflows/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'not-unresolvable',
      comment:
        'What the engines of the bench import is installed when somebody measures them, and the SDK of EC2 by who uses it.',
      severity: 'error',
      from: { pathNot: '^(bench/engines/|drivers/ec2/fits\\.ts$)' },
      to: { couldNotResolve: true },
    },
    {
      name: 'no-tests-in-code',
      severity: 'error',
      from: { pathNot: '^(tools|test|bench)/' },
      to: { path: '^test/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
