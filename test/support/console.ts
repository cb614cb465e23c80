/**
 * The console in a real browser, on a real service: readers with a session, in either language, light or dark,
 * wide or narrow. Whatever a page logs as an error, and whatever its policy stops, fails the test. Pictures
 * go to .test-results/console, which nobody commits.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import chromium from '@sparticuz/chromium';
import { type Browser, type BrowserContext, type Page, chromium as playwright } from 'playwright-core';
import { en } from '../../console/src/words/en';
import type { Words } from '../../console/src/words/words';
import { zh } from '../../console/src/words/zh';
import type { Permission } from '../../domain/permissions';
import { expectStatus, newId } from './lives';
import { type ServiceOptions, type ServiceUnderTest, useService } from './service';

export type Lang = 'en' | 'zh';
export const LANGS: readonly Lang[] = ['en', 'zh'];
export const WORDS: Record<Lang, Words> = { en, zh };

const PICTURES = join(__dirname, '..', '..', '.test-results', 'console');
export const DIST = join(__dirname, '..', '..', 'console', 'dist');
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

interface ReaderOptions {
  lang?: Lang;
  scheme?: 'light' | 'dark';
  width?: number;
  /** Missing: the operator's. null: nobody is signed in. */
  key?: string | null;
}

export interface Reader {
  page: Page;
  words: Words;
  go(path: string): Promise<void>;
  /** Keeps what is seen under a name. */
  look(name: string): Promise<void>;
  button(name: string | RegExp): ReturnType<Page['getByRole']>;
  link(name: string | RegExp): ReturnType<Page['getByRole']>;
  /** Says what a screen reader's user would miss, seriously. */
  barriers(): Promise<string[]>;
}

export interface ConsoleUnderTest {
  service: ServiceUnderTest;
  reader(options?: ReaderOptions): Promise<Reader>;
  /** A key of an account, that may do what is named. */
  keyOf(account: string, permissions: readonly Permission[], name?: string): Promise<string>;
}

/** One browser for a file; each reader has cookies of their own. */
export function useConsole(options: ServiceOptions = {}): ConsoleUnderTest {
  const { service, http } = useService({ ...options, console: DIST });
  const contexts: BrowserContext[] = [];
  let browser: Browser;
  let wrong: string[] = [];
  beforeAll(async () => {
    mkdirSync(PICTURES, { recursive: true });
    browser = await playwright.launch({
      args: ['--no-sandbox', '--headless', '--font-render-hinting=none'],
      executablePath: process.env.SUNSET_BROWSER ?? (await chromium.executablePath()),
    });
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
  });
  afterEach(async () => {
    await Promise.all(contexts.splice(0).map((context) => context.close()));
    const found = wrong;
    wrong = [];
    expect(found).toEqual([]);
  });
  const reader = async ({ lang = 'en', scheme = 'light', width = 1440, key }: ReaderOptions = {}) => {
    const context = await browser.newContext({
      baseURL: http.url,
      viewport: { width, height: 900 },
      colorScheme: scheme,
      locale: lang === 'zh' ? 'zh-CN' : 'en-GB',
      timezoneId: 'Europe/Berlin',
      reducedMotion: 'reduce',
      hasTouch: width < 500,
    });
    contexts.push(context);
    if (key !== null) {
      const signedIn = await context.request.post('/v1/sessions', { data: { key: key ?? http.operatorKey } });
      expect(signedIn.status()).toBe(201);
    }
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    watch(page, (problem) => wrong.push(problem));
    return readerOf(page, WORDS[lang], `${lang}-${scheme}-${width}`);
  };
  const keyOf: ConsoleUnderTest['keyOf'] = async (account, permissions, name = newId('key')) =>
    expectStatus(await http.post('/v1/keys', { account, name, permissions }), 201).body.key;
  return { service, reader, keyOf };
}

/** A status that is no success is told as an error too: that is the API's own affair. */
const IS_A_STATUS = /Failed to load resource|net::ERR_/;

function watch(page: Page, tell: (problem: string) => void): void {
  page.on('pageerror', (error) => tell(`page error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' && !IS_A_STATUS.test(message.text())) tell(message.text());
  });
}

function readerOf(page: Page, words: Words, kind: string): Reader {
  return {
    page,
    words,
    go: async (path) => {
      await page.goto(path);
      await page.locator('h1, h3').first().waitFor();
    },
    look: async (name) => {
      await page.evaluate('document.fonts.ready.then(() => true)');
      await page.screenshot({ path: join(PICTURES, `${name}-${kind}.png`), fullPage: true });
    },
    button: (name) => page.getByRole('button', { name, exact: typeof name === 'string' }),
    link: (name) => page.getByRole('link', { name, exact: typeof name === 'string' }),
    barriers: async () => await barriersOf(page),
  };
}

interface Violation {
  id: string;
  impact: string;
  nodes: { target: string[] }[];
}

async function barriersOf(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const violations = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } };
    return (await axe.run()).violations.map(({ id, impact, nodes }) => ({
      id,
      impact,
      nodes: nodes.map(({ target }) => ({ target })),
    }));
  });
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`));
}
