/** The console’s files and pages, as browsers and programs ask for them. */
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { isConsoleOld } from '../../cli/process/console';
import { KEY, type Lonely, startLonely } from './app';

const HTML = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };
const SCRIPT = `console.log(${JSON.stringify('sunset '.repeat(300))});`;
const PAGE = '<!doctype html><html><head><meta name="csp-nonce" content=""></head><body></body></html>';

let folder: string;
let api: Lonely;

function build(): void {
  mkdirSync(join(folder, 'assets'), { recursive: true });
  writeFileSync(join(folder, 'index.html'), PAGE);
  writeFileSync(join(folder, 'icon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
  const script = join(folder, 'assets', 'index-abc123.js');
  writeFileSync(script, SCRIPT);
  writeFileSync(`${script}.br`, brotliCompressSync(SCRIPT));
  writeFileSync(`${script}.gz`, gzipSync(SCRIPT));
  writeFileSync(join(folder, 'assets', 'font.woff2'), 'font');
}

beforeAll(async () => {
  folder = join(mkdtempSync(join(tmpdir(), 'sunset-console-')), 'dist');
  api = await startLonely({ console: folder });
});
afterAll(async () => {
  await api.close();
  rmSync(join(folder, '..'), { recursive: true });
});
const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  fetch(api.url + path, { method, headers, redirect: 'manual' });

it('where it is not built the page says in both languages how to, and programs are told as ever', async () => {
  const page = await get('/', HTML);
  const text = await page.text();
  expect([page.status, page.headers.get('content-type')]).toEqual([503, 'text/html; charset=utf-8']);
  expect(text.match(/npm run build:console/g)).toHaveLength(2);
  expect(text).toMatch(/控制台尚未构建/);
  expect((await get('/')).status).toBe(404);
});

describe('once it is built, without a start', () => {
  beforeAll(build);

  const nonceOf = async (response: Response): Promise<string> => {
    const [, nonce] = /<meta name="csp-nonce" content="([^"]*)">/.exec(await response.text())!;
    return nonce!;
  };

  it('its page has a nonce of its own each time, and a policy that lets in nothing else', async () => {
    const [one, two] = [await get('/', HTML), await get('/', HTML)];
    const nonces = [await nonceOf(one), await nonceOf(two)];
    for (const [index, response] of [one, two].entries()) {
      expect(response.status).toBe(200);
      expect(response.headers.get('content-security-policy')).toBe(
        [
          "default-src 'self'",
          `style-src 'self' 'nonce-${nonces[index]}'`,
          `script-src 'self' 'nonce-${nonces[index]}'`,
          "img-src 'self' data:",
          "font-src 'self'",
          "connect-src 'self'",
          "object-src 'none'",
          "frame-ancestors 'none'",
          "base-uri 'none'",
          "form-action 'self'",
        ].join('; '),
      );
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'cache-control': 'no-store',
        'content-type': 'text/html; charset=utf-8',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'SAMEORIGIN',
      });
    }
    expect(nonces[0]).toMatch(/^[\w-]{22}$/);
    expect(nonces[0]).not.toBe(nonces[1]);
  });

  it.each(['/instances', '/instances/i-1/end?step=2', '/?code=abc', '/index.html', '/v2'])(
    '%s is a page of it for a browser that opens it, and missing for a program',
    async (path) => {
      const [page, program] = [await get(path, HTML), await get(path, { accept: 'application/json' })];
      expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
      expect([program.status, program.headers.get('content-type')]).toEqual([
        404,
        'application/problem+json',
      ]);
      expect((await get(path)).status).toBe(404);
    },
  );

  it.each([
    ['/v1/instances', 401],
    ['/v1/nothing', 401],
    ['/v1', 401],
    ['/docs', 200],
    ['/docs/nothing', 404],
    ['/openapi.json', 200],
    ['/healthz', 200],
    ['/metrics', 200],
  ])('%s is none of it, also for a browser', async (path, status) => {
    const reply = await get(path, HTML);
    expect(reply.status).toBe(status);
    expect(await reply.text()).not.toContain('csp-nonce');
  });

  it('a browser that opens a call’s address is told what the call says', async () => {
    const reply = await get('/v1/nothing', { ...HTML, authorization: `Bearer ${KEY}` });
    expect([reply.status, reply.headers.get('content-type')]).toEqual([404, 'application/problem+json']);
  });

  it('files named by their content are kept for ever, packed as the browser takes it', async () => {
    const path = '/assets/index-abc123.js';
    for (const [accepted, encoding] of [
      ['gzip, deflate, br, zstd', 'br'],
      ['gzip', 'gzip'],
      ['identity', null],
      ['br;q=0, gzip;q=0', null],
    ] as const) {
      const reply = await get(path, { 'accept-encoding': accepted });
      expect(await reply.text()).toBe(SCRIPT);
      expect(Object.fromEntries(reply.headers)).toMatchObject({
        'cache-control': 'public, max-age=31536000, immutable',
        'content-type': 'text/javascript; charset=utf-8',
        vary: 'Accept-Encoding',
      });
      expect(reply.headers.get('content-encoding')).toBe(encoding);
    }
    const font = await get('/assets/font.woff2');
    expect([font.headers.get('content-type'), font.headers.get('vary')]).toEqual(['font/woff2', null]);
    const icon = await get('/icon.svg', HTML);
    expect([icon.headers.get('content-type'), icon.headers.get('cache-control')]).toEqual([
      'image/svg+xml',
      'public, max-age=3600',
    ]);
    const head = await get(path, {}, 'HEAD');
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  it.each([
    '/assets/index-old.js',
    '/assets/../../secret',
    '/assets/%2e%2e/%2e%2e/secret',
    '/..%2fsecret',
    '/assets/',
    '/assets',
  ])('%s is no file of it', async (path) => {
    writeFileSync(join(folder, '..', 'secret'), 'secret');
    const reply = await get(path, { accept: '*/*' });
    expect([reply.status, (await reply.text()).includes('secret')]).toEqual([404, false]);
  });

  it('nothing can be written to it', async () => {
    for (const method of ['POST', 'PUT', 'DELETE']) expect((await get('/', HTML, method)).status).toBe(404);
  });

  it('another build is served by the next page that is opened', async () => {
    writeFileSync(join(folder, 'index.html'), PAGE.replace('<body>', '<body>another'));
    writeFileSync(join(folder, 'assets', 'index-def456.js'), 'another');
    utimesSync(join(folder, 'index.html'), new Date(), new Date(Date.now() + 5000));
    expect(await (await get('/', HTML)).text()).toContain('another');
    expect(await (await get('/assets/index-def456.js')).text()).toBe('another');
  });
});

describe('a start builds it', () => {
  let root: string;
  const put = (path: string, at: number): void => {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), '');
    utimesSync(join(root, path), at, at);
  };
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'sunset-root-'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('where there is one that is not built', () => {
    expect(isConsoleOld(root)).toBe(false);
    put('console/index.html', 100);
    expect(isConsoleOld(root)).toBe(true);
    put('console/dist/index.html', 200);
    expect(isConsoleOld(root)).toBe(false);
  });

  it.each(['console/src/app/main.tsx', 'contract/answers.ts', 'domain/plan.ts', 'package-lock.json'])(
    'when %s is newer than what was built',
    (path) => {
      put('console/index.html', 100);
      put(path, 100);
      put('console/dist/index.html', 200);
      put('console/dist/assets/late.js', 300);
      put('console/node_modules/.vite/late', 300);
      put('api/late.ts', 300);
      expect(isConsoleOld(root)).toBe(false);
      put(path, 300);
      expect(isConsoleOld(root)).toBe(true);
    },
  );
});
