import { AssignDocument, ResolveDocument, type ConversationRowFragment } from '../api/generated';
import { useAction } from '../api/useAction';

/** What an agent does with a conversation as a whole. */
export function ConversationActions({ conversation, me }: { conversation: ConversationRowFragment; me: string }) {
  const { id, status, assignedTo } = conversation;
  const assign = useAction(AssignDocument);
  const resolve = useAction(ResolveDocument);

  return (
    <div className="actions">
      {assignedTo?.id !== me && (
        <button type="button" disabled={assign.isBusy} onClick={() => void assign.run({ id, assignedToId: me })}>
          Take
        </button>
      )}
      {(status === 'OPEN' || status === 'PENDING') && (
        <button type="button" disabled={resolve.isBusy} onClick={() => void resolve.run({ id })}>
          Resolve
        </button>
      )}
      <p className="problem" role="alert">
        {assign.problem || resolve.problem}
      </p>
    </div>
  );
}
