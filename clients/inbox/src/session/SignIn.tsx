import { useEffect, useState, type SubmitEvent } from 'react';

import { sentenceOf } from '../api/errors';
import markUrl from '../favicon.svg';
import { developmentLogins, signIn, signInAs, useSessionNotice, type DevelopmentLogin } from './session';

/** The way in: business, address and password; in development also one click for each demo user. */
export function SignIn() {
  const notice = useSessionNotice();
  const [logins, setLogins] = useState<DevelopmentLogin[]>([]);
  const [problem, setProblem] = useState('');
  const [isBusy, setBusy] = useState(false);

  useEffect(() => {
    void developmentLogins().then(setLogins, () => setLogins([]));
  }, []);

  /** Runs a way in, and shows why when it fails. */
  async function attempt(way: () => Promise<string | null | void>) {
    setBusy(true);
    setProblem('');
    try {
      setProblem((await way()) ?? '');
    } catch (error) {
      setProblem(sentenceOf(error));
    }
    setBusy(false);
  }

  function submit(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? '');
    void attempt(() => signIn(text('tenant'), text('email'), text('password')));
  }

  return (
    <main className="sign-in">
      <h1>
        <img src={markUrl} alt="" width="40" height="40" />
        Mostrador
      </h1>
      {notice && <p role="status">{notice}</p>}
      <form onSubmit={submit}>
        <label>
          Business
          <input name="tenant" required autoComplete="organization" autoCapitalize="none" spellCheck={false} />
        </label>
        <label>
          E-mail
          <input name="email" type="email" required autoComplete="username" />
        </label>
        <label>
          Password
          <input name="password" type="password" required autoComplete="current-password" />
        </label>
        <p className="problem" role="alert">
          {problem}
        </p>
        <button type="submit" className="primary" disabled={isBusy}>
          Sign in
        </button>
      </form>
      {logins.length > 0 && (
        <section aria-labelledby="development">
          <h2 id="development">Development: sign in without a password</h2>
          <ul className="logins">
            {logins.map((login) => (
              <li key={`${login.tenant} ${login.email}`}>
                <button type="button" disabled={isBusy} onClick={() => void attempt(() => signInAs(login))}>
                  <strong>{login.name}</strong>
                  <small>
                    {login.role.toLowerCase().replaceAll('_', ' ')} · {login.tenantName}
                  </small>
                </button>
              </li>
            ))}
          </ul>
        </section>
      )}
    </main>
  );
}
