/** The Express application: what every request passes, then the declared routes. */
import { randomUUID } from 'node:crypto';
import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
  type Response,
  Router,
} from 'express';
import helmet from 'helmet';
import { pinoHttp } from 'pino-http';
import type { ApiDeps } from '../deps';
import { Problem } from '../problem';
import { allRoutes } from '../routes';
import { answerRequest, problemReply, sendReply } from './answer';
import { authenticate, type LimitFailures, limitFailures, permit } from './auth';
import { hasBody, readBody, refuseLargeBodies } from './body';
import { consolePage } from './console';
import { docsPage } from './docs';
import { languageOf } from './language';
import { createMetrics, type Metrics } from './metrics';
import { openApiDocument } from './openapi';
import { toProblem } from './problems';
import type { Route } from './route';

const REQUEST_ID = /^[\w.:-]{1,128}$/;
/** In the address of the page that signs in with it. */
const SIGN_IN_CODE = /([?&]code=)[^&]*/g;

/**
 * Other interfaces to the same use cases (facades/): takes the requests that are its own, and lets all others
 * pass.
 */
export type Facade = (deps: ApiDeps, metrics: Metrics) => RequestHandler;

/** @param facades those that share the API's port */
export function createApi(
  deps: ApiDeps,
  metrics: Metrics = createMetrics(deps),
  facades: readonly Facade[] = [],
): Express {
  const app = beginApp(deps, metrics, facades);
  const routes = allRoutes(deps, metrics.registry);
  const limit = limitFailures(deps);
  metrics.countStreams(() => deps.feed.size);
  const routerFor = (open: boolean): Router =>
    routerOf(
      deps,
      routes.filter((route) => route.open === open),
      limit,
    );
  app.use(docsPage());
  app.get('/openapi.json', serveDocument(deps, routes));
  app.use(routerFor(true));
  app.use('/v1', authenticate(deps, limit), noStore);
  app.use(routerFor(false));
  if (deps.console !== undefined) app.use(consolePage(deps.console));
  return endApp(deps, app);
}

/** A port of their own for façades: nothing else is answered there. */
export const createFacades = (deps: ApiDeps, metrics: Metrics, facades: readonly Facade[]): Express =>
  endApp(deps, beginApp(deps, metrics, facades));

/** What every request passes. */
function beginApp(deps: ApiDeps, metrics: Metrics, facades: readonly Facade[]): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag');
  app.set('query parser', 'simple');
  app.set('trust proxy', deps.trustedProxies ?? false);
  app.use(metrics.measure, identify(deps), securityHeaders(), refuseOddRequests);
  // Before bodies are refused by their headers: a façade refuses them in its own words.
  for (const facade of facades) app.use(facade(deps, metrics));
  app.use(refuseLargeBodies);
  return app;
}

function endApp(deps: ApiDeps, app: Express): Express {
  app.use((_request, _response, next) => next(new Problem('NOT_FOUND')));
  app.use(answerErrors(deps));
  return app;
}

/**
 * A request id, taken from the caller when it is a decent one, and a log line per request: method, address,
 * status and time, no headers.
 */
function identify({ logger }: ApiDeps): RequestHandler {
  const log = pinoHttp({
    logger,
    genReqId: (request, response) => {
      const given = request.headers['x-request-id'];
      const id = typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
      response.setHeader('X-Request-Id', id);
      return id;
    },
    autoLogging: {
      ignore: (request) =>
        request.url === '/healthz' || request.url === '/readyz' || request.url === '/metrics',
    },
    // Errors are logged where they are known to be ours; a 4xx is an ordinary day.
    customLogLevel: (_request, response) => (response.statusCode >= 500 ? 'warn' : 'info'),
    serializers: {
      req: ({ id, method, url }: { id: unknown; method: string; url: string }) => ({
        id,
        method,
        url: url.replace(SIGN_IN_CODE, '$1…'),
      }),
      res: ({ statusCode }: { statusCode: number }) => ({ statusCode }),
    },
  });
  return (request, response, next) => log(request, response, next);
}

/**
 * No upgrade of insecure requests: Sunset listens on plain HTTP, on loopback or behind a proxy that has the
 * certificate.
 */
const securityHeaders = (): RequestHandler =>
  helmet({
    contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
    strictTransportSecurity: false,
  });

/** What Node.js refuses by itself without a body that says why: see server.ts, which lets it come here. */
const refuseOddRequests: RequestHandler = (request, _response, next) => {
  const { host, expect } = request.headers;
  if (request.httpVersion === '1.1' && !host)
    throw new Problem('MALFORMED_REQUEST', { headers: { Connection: 'close' } });
  if (expect !== undefined && expect.toLowerCase() !== '100-continue')
    throw new Problem('EXPECTATION_FAILED', { headers: { Connection: 'close' } });
  next();
};

const noStore: RequestHandler = (_request, response, next) => {
  response.setHeader('Cache-Control', 'no-store');
  next();
};

function serveDocument({ policies }: Pick<ApiDeps, 'policies'>, routes: Route[]): RequestHandler {
  const products = policies.map(({ product }) => product);
  let document: Buffer | undefined;
  return (_request, response) => {
    // Half a second: not while a service starts.
    document ??= Buffer.from(JSON.stringify(openApiDocument(routes, products)));
    response.setHeader('Content-Type', 'application/json').send(document);
  };
}

/** Express writes `:id` where OpenAPI writes `{id}`. */
const expressPath = (path: string): string => path.replace(/\{(\w+)\}/g, ':$1');

function routerOf(deps: ApiDeps, routes: Route[], limit: LimitFailures): Router {
  const router = Router({ caseSensitive: true, strict: true });
  for (const path of new Set(routes.map((route) => route.path))) {
    const methods = routes.filter((route) => route.path === path);
    for (const route of methods) {
      const answer = (request: Request, response: Response) =>
        answerRequest(deps, route, request, response, limit);
      router[route.method](
        expressPath(path),
        permit(route),
        ...(route.method === 'get' ? [] : [readBody]),
        answer,
      );
    }
    router.all(expressPath(path), refuseMethod(methods));
  }
  return router;
}

function refuseMethod(routes: Route[]): RequestHandler {
  const names = routes.flatMap(({ method }) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]));
  const headers = { Allow: [...names, 'OPTIONS'].join(', ') };
  return (request, response, next) => {
    if (request.method === 'OPTIONS') response.status(204).set(headers).end();
    else next(new Problem('METHOD_NOT_ALLOWED', { headers }));
  };
}

/**
 * Whatever was thrown becomes a problem; only what is our fault is logged with its cause, and none of it is
 * shown.
 */
function answerErrors({ logger }: ApiDeps): ErrorRequestHandler {
  return async (error: unknown, request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const problem = toProblem(error);
    if (problem.status >= 500) logger.error({ err: error, requestId: request.id }, 'a request failed');
    // Node.js would read to the end what nobody wants: a sender who goes on sending is not waited for.
    if (hasBody(request.headers) && !request.complete) response.setHeader('Connection', 'close');
    const lang = languageOf(request);
    await sendReply(response, lang, problemReply(problem, lang));
  };
}
