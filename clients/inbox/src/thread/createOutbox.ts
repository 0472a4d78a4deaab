import type { ApolloClient } from '@apollo/client';

import { isDecision, sentenceOf } from '../api/errors';
import { SendMessageDocument, ThreadDocument } from '../api/generated';
import { withAnswer } from './applyThreadEvent';
import { Outbox } from './Outbox';

/** An outbox that sends with `sendMessage`, and shows the message in its thread as soon as the answer is there. */
export function createOutbox(client: ApolloClient): Outbox {
  return new Outbox(async ({ conversationId, content, clientMessageId }) => {
    try {
      const { data } = await client.mutate({
        mutation: SendMessageDocument,
        variables: { input: { conversationId, content, clientMessageId } },
        // An answer may be older than what an event has shown meanwhile; `withAnswer` decides.
        fetchPolicy: 'no-cache',
      });
      const { message, errors } = data?.sendMessage ?? { message: null, errors: [] };
      if (!message) return errors[0]?.message ?? 'The gateway did not take the message.';
      client.cache.updateQuery({ query: ThreadDocument, variables: { id: conversationId } }, (thread) =>
        thread && withAnswer(thread, { message }),
      );
      return null;
    } catch (error) {
      if (isDecision(error)) return sentenceOf(error);
      throw error;
    }
  });
}
