import type { TypedDocumentNode } from '@apollo/client';
import { useApolloClient } from '@apollo/client/react';
import { useState } from 'react';

import { sentenceOf } from './errors';

interface Payload {
  readonly errors: readonly { readonly message: string }[];
}

/** A mutation of which one only wants to know whether it worked; what it changes comes with the events. */
export function useAction<TInput>(
  mutation: TypedDocumentNode<Record<string, Payload>, { input: TInput }>,
): { run: (input: TInput) => Promise<void>; isBusy: boolean; problem: string } {
  const client = useApolloClient();
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');

  async function run(input: TInput) {
    setBusy(true);
    try {
      const { data } = await client.mutate({ mutation, variables: { input }, fetchPolicy: 'no-cache' });
      setProblem(Object.values(data ?? {})[0]?.errors[0]?.message ?? '');
    } catch (error) {
      setProblem(sentenceOf(error));
    }
    setBusy(false);
  }

  return { run, isBusy, problem };
}
