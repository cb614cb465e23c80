/**
 * The console: the files that `npm run build:console` has made, from disk. Any address that a browser opens
 * and that is no file of theirs and no call is a page of the console, whose own router knows it.
 */
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { Request, RequestHandler, Response } from 'express';
import { languageOf, markLanguage } from './language';

/** What is never the console's, whatever it is asked for as. */
const ELSEWHERE = /^\/(v1|docs|metrics|healthz|readyz|openapi\.json)(\/|$)/;
/** Named by what is in them: never another file under the same name. */
const HASHED = /^\/assets\//;

/** What was packed before, the smallest first (tools/build-console.ts). */
const ENCODINGS = [
  { name: 'br', suffix: '.br' },
  { name: 'gzip', suffix: '.gz' },
] as const;

/** Nothing from elsewhere; of what is made as the page runs only what carries the answer's own nonce. */
const policyOf = (nonce: string): string =>
  [
    "default-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    `script-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "object-src 'none'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'self'",
  ].join('; ');

interface Site {
  /** The page as it was built. */
  index: string;
  /** When that was: another build is another site. */
  builtAt: number;
  /** By their address, as they are on disk. */
  files: ReadonlyMap<string, string>;
}

/** @param folder what the build has written; it may come, go and change while this runs */
export function consolePage(folder: string): RequestHandler {
  let known: Site | undefined;
  const site = (): Site | undefined => {
    known = siteIn(folder, known);
    return known;
  };
  site();
  return (request, response, next) => {
    const isLooking = request.method === 'GET' || request.method === 'HEAD';
    if (!isLooking || ELSEWHERE.test(request.path)) {
      next();
      return;
    }
    const file = known?.files.get(request.path);
    if (file !== undefined && request.path !== '/index.html') {
      response.locals.route = 'console files';
      sendFile(request, response, file, known!.files, next);
      return;
    }
    // Programs ask for anything: to them what is no call is missing.
    if (HASHED.test(request.path) || request.accepts(['json', 'html']) !== 'html') {
      next();
      return;
    }
    response.locals.route = 'console';
    sendPage(request, response, site()?.index);
  };
}

/** @returns the site that is there now: `known`, while nothing was built since */
function siteIn(folder: string, known: Site | undefined): Site | undefined {
  const index = join(folder, 'index.html');
  const builtAt = statSync(index, { throwIfNoEntry: false })?.mtimeMs;
  if (builtAt === undefined) return undefined;
  if (builtAt === known?.builtAt) return known;
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const files = new Map(
    names.map((file) => [file.slice(folder.length).replaceAll('\\', '/'), file] as const),
  );
  return { index: readFileSync(index, 'utf8'), builtAt, files };
}

const TYPES: Record<string, string> = {
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

function sendFile(
  request: Request,
  response: Response,
  file: string,
  files: Site['files'],
  next: (error?: unknown) => void,
): void {
  const kind = extname(file);
  const packed = ENCODINGS.find(
    ({ name, suffix }) => request.acceptsEncodings(name) && files.has(request.path + suffix),
  );
  response.type(TYPES[kind] ?? kind);
  response.setHeader(
    'Cache-Control',
    HASHED.test(request.path) ? 'public, max-age=31536000, immutable' : 'public, max-age=3600',
  );
  if (ENCODINGS.some(({ suffix }) => files.has(request.path + suffix))) response.vary('Accept-Encoding');
  if (packed) response.setHeader('Content-Encoding', packed.name);
  const options = { cacheControl: false, lastModified: false, etag: false, acceptRanges: false };
  // What was removed since is missing; who has gone meanwhile misses nothing.
  response.sendFile(file + (packed?.suffix ?? ''), options, (error) => {
    if (error && !response.headersSent) next();
  });
}

const NONCE = /(<meta name="csp-nonce" content=")[^"]*/;

function sendPage(request: Request, response: Response, index: string | undefined): void {
  const nonce = randomBytes(16).toString('base64url');
  const lang = languageOf(request);
  markLanguage(response, lang);
  response.setHeader('Content-Security-Policy', policyOf(nonce));
  response.setHeader('Permissions-Policy', 'camera=(), geolocation=(), microphone=(), payment=()');
  // Each answer has its own nonce.
  response.setHeader('Cache-Control', 'no-store');
  response
    .status(index === undefined ? 503 : 200)
    .type('html')
    .send(index === undefined ? NOT_BUILT : index.replace(NONCE, `$1${nonce}`));
}

const NOT_BUILT = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Sunset</title>
  </head>
  <body>
    <h1>The console is not built</h1>
    <p>The API is up. To have its console, run this where Sunset’s sources are, then load this page again:</p>
    <pre>npm ci &amp;&amp; npm run build:console</pre>
    <p>Every call is at <a href="/docs">/docs</a>.</p>
    <div lang="zh-CN">
      <h1>控制台尚未构建</h1>
      <p>API 已启动。如需控制台，请在 Sunset 源代码目录中运行以下命令，然后刷新本页：</p>
      <pre>npm ci &amp;&amp; npm run build:console</pre>
      <p>所有接口见 <a href="/docs">/docs</a>。</p>
    </div>
  </body>
</html>
`;
