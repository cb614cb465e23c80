/** Who is signed in, and that it ends: told before it does, and taken up again without losing the page. */

import { useDisclosure } from '@mantine/hooks';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';
import type { SessionAnswer } from '../../../contract/sessions';
import { call, onSignedOut, Refused, rememberSession } from '../api/call';
import { signIn } from '../api/sign-in';
import { SignIn, SignInAgain } from '../pages/sign-in';
import { Failed, FirstLoad } from '../parts/states';

export type Permission = SessionAnswer['permissions'][number];

export interface SignedIn extends SessionAnswer {
  /** It has ended: the page waits behind the dialog. */
  isOver: boolean;
  may(permission: Permission): boolean;
  signOut(): Promise<void>;
  /** Any request keeps the session from being idle; this one also says until when. */
  stay(): Promise<unknown>;
  /** When it was last said until when it lasts. */
  saidAt: number;
  /** Asks for a key on top of the page, before the session ends. */
  renew(): void;
}

const Session = createContext<SignedIn | null>(null);

export function useSession(): SignedIn {
  const session = useContext(Session);
  if (!session) throw new Error('outside of SessionProvider');
  return session;
}

const ADDRESS = '/v1/sessions/current';
const SESSION_KEY = ['session'];

/** null: nobody is signed in. */
async function currentSession(): Promise<SessionAnswer | null> {
  const code = takeCode();
  const asked = code === null ? call<SessionAnswer>('GET', ADDRESS) : signIn({ code });
  return await asked.catch((error: unknown) => {
    if (error instanceof Refused && error.problem.status === 401) return null;
    throw error;
  });
}

/** The code of the link that opened the page: used once, and gone from the address at once. */
function takeCode(): string | null {
  const address = new URL(location.href);
  const code = address.searchParams.get('code');
  if (code === null) return null;
  address.searchParams.delete('code');
  history.replaceState(history.state, '', address);
  return code;
}

/** Shows the page to who is signed in. Whoever's session ends on the way signs in on top of the page. */
export function SessionProvider({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const { data, error, refetch, dataUpdatedAt } = useQuery({
    queryKey: SESSION_KEY,
    queryFn: currentSession,
    staleTime: 60_000,
  });
  // What the page stands on while its session is over: it stays as it is behind the dialog.
  const [last, setLast] = useState<SessionAnswer | null>(null);
  const [isRenewing, renewing] = useDisclosure();
  useEffect(() => onSignedOut(() => queries.setQueryData(SESSION_KEY, null)), [queries]);
  useEffect(() => {
    if (data) setLast(data);
  }, [data]);
  rememberSession(data ?? null);

  const begin = (session: SessionAnswer): void => {
    renewing.close();
    rememberSession(session);
    queries.setQueryData(SESSION_KEY, session);
    void queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION_KEY[0] });
  };
  const signOut = async (): Promise<void> => {
    await call('DELETE', ADDRESS);
    rememberSession(null);
    setLast(null);
    queries.clear();
    queries.setQueryData(SESSION_KEY, null);
  };
  const session = data ?? last;
  if (error && !session) return <Failed error={error} retry={() => void refetch()} />;
  if (data === undefined) return <FirstLoad />;
  if (!session) return <SignIn onSignedIn={begin} />;
  const may = (permission: Permission): boolean => session.permissions.includes(permission);
  return (
    <Session.Provider
      value={{
        ...session,
        isOver: data === null,
        may,
        signOut,
        stay: refetch,
        saidAt: dataUpdatedAt,
        renew: renewing.open,
      }}
    >
      {children}
      {data === null && <SignInAgain onSignedIn={begin} />}
      {data !== null && isRenewing && <SignInAgain onSignedIn={begin} close={renewing.close} />}
    </Session.Provider>
  );
}
