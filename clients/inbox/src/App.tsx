import { ApolloProvider } from '@apollo/client/react';
import { useState } from 'react';

import { createApolloClient } from './api/client';
import { Inbox } from './inbox/Inbox';
import { useSignedIn } from './session/session';
import { SignIn } from './session/SignIn';

export function App() {
  return useSignedIn() ? <SignedIn /> : <SignIn />;
}

/** Lives as long as the session, and with it the client and all that it holds. */
function SignedIn() {
  const [client] = useState(createApolloClient);
  return (
    <ApolloProvider client={client}>
      <Inbox />
    </ApolloProvider>
  );
}
