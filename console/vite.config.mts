/**
 * Builds the console to `console/dist`, which the API serves. `npm run dev:console` shows it with hot reload,
 * on top of the API that `SUNSET_API` names.
 */

import { join } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const api = process.env.SUNSET_API ?? 'http://127.0.0.1:3000';

/** What asks for the reader's language (src/words/first.ts) runs before the page has come. */
const languageFirst: Plugin = {
  name: 'language-first',
  transformIndexHtml: {
    order: 'post',
    handler: (_html, { bundle = {} }) =>
      Object.values(bundle)
        .filter((one) => one.type === 'chunk' && one.isEntry && one.name === 'language')
        .map(({ fileName }) => ({
          tag: 'script',
          attrs: { type: 'module', crossorigin: true, src: `/${fileName}` },
          injectTo: 'head-prepend',
        })),
  },
};

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), languageFirst],
  build: {
    // Browsers that know light-dark(): every colour is written once, for both schemes.
    target: ['chrome123', 'edge123', 'firefox128', 'safari17.5'],
    // The page's policy lets nothing of `data:` in.
    assetsInlineLimit: 0,
    // Named in no page: what is asked for says what went wrong.
    sourcemap: false,
    reportCompressedSize: false,
    // What the first page takes is held to a limit by a test.
    chunkSizeWarningLimit: 1000,
    emptyOutDir: true,
    rolldownOptions: {
      input: {
        index: join(import.meta.dirname, 'index.html'),
        language: join(import.meta.dirname, 'src', 'words', 'first.ts'),
      },
    },
  },
  server: { proxy: { '/v1': api, '/openapi.json': api, '/docs': api } },
});
