import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { setNonce } from 'get-nonce';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import '../theme/styles.css';
import { noteUnreachable } from '../api/reach';
import { theme, variables } from '../theme';
import { WordsProvider } from '../words';
import { firstLanguage, loadDictionary } from '../words/load';
import { queryClient } from './query-client';
import { router } from './router';
import { SessionProvider } from './session';

const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? '';
// Dialogs stop the page behind them from scrolling by a style of their own.
if (nonce) setNonce(nonce);

// No await here: what a module waits for at its top is packed in many small files.
void loadDictionary(firstLanguage()).then((dictionary) => {
  createRoot(document.getElementById('root')!).render(
    <StrictMode>
      <MantineProvider
        theme={theme}
        cssVariablesResolver={variables}
        defaultColorScheme="auto"
        getStyleNonce={() => nonce}
      >
        <QueryClientProvider client={queryClient}>
          <WordsProvider
            first={dictionary}
            onChange={() => void queryClient.invalidateQueries()}
            onMissing={noteUnreachable}
          >
            <SessionProvider>
              <RouterProvider router={router} />
            </SessionProvider>
          </WordsProvider>
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  );
});

// Chinese names are in pages of either language; their 101 slices come one by one, as they are needed.
void import('../theme/chinese');
