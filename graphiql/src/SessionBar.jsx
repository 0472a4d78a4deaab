import { useEffect, useId, useState } from 'react';

import markUrl from './favicon.svg';
import { demoLogins, signInAs, signOut, useSession, useToken } from './session.js';

/** Says who is signed in, and offers the way in and out. */
export function SessionBar() {
  const { session, notice } = useSession();
  const [logins, setLogins] = useState(null);
  const [error, setError] = useState('');

  useEffect(() => {
    demoLogins().then(setLogins, (failure) => {
      setLogins([]);
      setError(failure.message);
    });
  }, []);

  /** Runs a way in, and shows why when it fails. */
  async function attempt(way) {
    setError('');
    try {
      await way();
    } catch (failure) {
      setError(failure.message);
    }
  }

  return (
    <header className="session-bar">
      <h1 className="brand">
        <img src={markUrl} alt="" width="26" height="26" />
        Mostrador
      </h1>
      <p className="session-notice" role="status">
        {session ? null : notice}
      </p>
      <p className="session-error" role="alert">
        {error}
      </p>
      {session ? (
        <SignedIn session={session} />
      ) : logins === null ? null : logins.length > 0 ? (
        <DemoSignIn logins={logins} onSignIn={(login) => attempt(() => signInAs(login))} />
      ) : (
        <PasteToken onToken={(token) => attempt(() => useToken(token))} />
      )}
    </header>
  );
}

function SignedIn({ session }) {
  const { who, expiresAt } = session;
  const until = expiresAt
    ? `until ${new Date(expiresAt).toLocaleString('en', { dateStyle: 'medium', timeStyle: 'short' })}`
    : '';
  return (
    <div className="session" aria-live="polite">
      <span className="avatar" aria-hidden="true">
        {who ? initials(who.name) : '•'}
      </span>
      <span className="who" title={until && `Signed in ${until}`}>
        {who ? (
          <>
            <span>
              Signed in as <strong>{who.name}</strong>
            </span>
            <small>
              {sentenceCase(who.role)} · {who.tenantName}
            </small>
          </>
        ) : (
          <>
            <span>
              Signed in with an <strong>access token</strong>
            </span>
            <small>{until}</small>
          </>
        )}
      </span>
      <button type="button" className="quiet" onClick={signOut}>
        Sign out
      </button>
    </div>
  );
}

function DemoSignIn({ logins, onSignIn }) {
  const [chosen, setChosen] = useState(0);
  const [busy, setBusy] = useState(false);
  const id = useId();
  const tenants = Map.groupBy(
    logins.map((login, index) => ({ ...login, index })),
    (login) => login.tenantName,
  );

  async function submit(event) {
    event.preventDefault();
    setBusy(true);
    await onSignIn(logins[chosen]);
    setBusy(false);
  }

  return (
    <form className="session" onSubmit={submit}>
      <label htmlFor={id}>Demo user</label>
      <select id={id} value={chosen} onChange={(event) => setChosen(Number(event.target.value))}>
        {[...tenants].map(([tenant, members]) => (
          <optgroup key={tenant} label={tenant}>
            {members.map((login) => (
              <option key={login.index} value={login.index}>
                {login.name} · {sentenceCase(login.role)}
              </option>
            ))}
          </optgroup>
        ))}
      </select>
      <button type="submit" disabled={busy}>
        Sign in as the demo user
      </button>
    </form>
  );
}

function PasteToken({ onToken }) {
  const [token, setToken] = useState('');
  const id = useId();

  function submit(event) {
    event.preventDefault();
    onToken(token);
  }

  return (
    <form className="session" onSubmit={submit}>
      <label htmlFor={id}>Access token</label>
      <input
        id={id}
        type="password"
        autoComplete="off"
        spellCheck="false"
        placeholder="Paste a token"
        required
        value={token}
        onChange={(event) => setToken(event.target.value)}
      />
      <button type="submit">Use token</button>
    </form>
  );
}

/** The first letters of the first and the last word: "Ana María Pérez" is AP. */
function initials(name) {
  const words = name.trim().split(/\s+/);
  return [words[0], ...(words.length > 1 ? [words.at(-1)] : [])].map((word) => [...word][0]).join('').toUpperCase();
}

/** SALES_AGENT reads "Sales agent". */
function sentenceCase(constant) {
  const words = constant.replaceAll('_', ' ').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
