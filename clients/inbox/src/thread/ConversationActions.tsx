import { useMutation } from '@apollo/client/react';
import { useState } from 'react';

import { sentenceOf } from '../api/errors';
import { AssignDocument, ResolveDocument, type ConversationRowFragment } from '../api/generated';

/** What an agent does with a conversation as a whole. The list and other agents learn of it by events. */
export function ConversationActions({ conversation, me }: { conversation: ConversationRowFragment; me: string }) {
  const { id, status, assignedTo } = conversation;
  const [assign, assigning] = useMutation(AssignDocument);
  const [resolve, resolving] = useMutation(ResolveDocument);
  const [problem, setProblem] = useState('');

  async function act(action: () => Promise<{ message: string }[] | undefined>) {
    try {
      setProblem((await action())?.[0]?.message ?? '');
    } catch (error) {
      setProblem(sentenceOf(error));
    }
  }

  const take = async () => {
    const { data } = await assign({ variables: { input: { id, assignedToId: me } } });
    return data?.assignConversation.errors;
  };
  const settle = async () => {
    const { data } = await resolve({ variables: { input: { id } } });
    return data?.resolveConversation.errors;
  };

  return (
    <div className="actions">
      {assignedTo?.id !== me && (
        <button type="button" disabled={assigning.loading} onClick={() => void act(take)}>
          Take
        </button>
      )}
      {(status === 'OPEN' || status === 'PENDING') && (
        <button type="button" disabled={resolving.loading} onClick={() => void act(settle)}>
          Resolve
        </button>
      )}
      <p className="problem" role="alert">
        {problem}
      </p>
    </div>
  );
}
