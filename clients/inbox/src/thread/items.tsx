// One line of the timeline each: a message, a note, a message on its way.

import { RetryMessageDocument, type ThreadMessageFragment, type ThreadNoteFragment } from '../api/generated';
import { useAction } from '../api/useAction';
import { timeOfDay, words } from '../words';
import type { OutgoingMessage } from './Outbox';

export function MessageItem({
  message,
  me,
  contactName,
}: {
  message: ThreadMessageFragment;
  me: string;
  contactName: string;
}) {
  const { content, contentType, createdAt, deliveryStatus, fileUrl, senderType } = message;
  const isInbound = senderType === 'CONTACT';
  return (
    <li className={isInbound ? 'message inbound' : 'message outbound'} data-id={message.id}>
      <p className="from">{senderOf(message, me, contactName)}</p>
      {content && <p className="text">{content}</p>}
      {contentType !== 'TEXT' && <Attachment kind={contentType} url={fileUrl} />}
      <p className="about">
        <time dateTime={createdAt}>{timeOfDay(Date.parse(createdAt))}</time>
        {!isInbound && <span className={`delivery ${deliveryStatus.toLowerCase()}`}> · {words(deliveryStatus)}</span>}
      </p>
      {deliveryStatus === 'FAILED' && <Failure message={message} />}
    </li>
  );
}

/** Why the provider did not deliver it, and the way to send it again where that can help. */
function Failure({ message: { id, errorMessage, isRetryable } }: { message: ThreadMessageFragment }) {
  const retry = useAction(RetryMessageDocument);
  return (
    <p className="problem">
      {errorMessage ?? 'It could not be delivered.'}{' '}
      {isRetryable && (
        <button type="button" disabled={retry.isBusy} onClick={() => void retry.run({ id })}>
          Send again
        </button>
      )}{' '}
      <span role="alert">{retry.problem}</span>
    </p>
  );
}

/** Only the team sees it, and it must look like that at a glance. */
export function NoteItem({ note, me }: { note: ThreadNoteFragment; me: string }) {
  return (
    <li className="note" data-id={note.id}>
      <p className="from">
        Internal note · {note.author ? (note.author.id === me ? 'you' : note.author.displayName) : 'somebody'}
      </p>
      <p className="text">{note.body}</p>
      <p className="about">
        <time dateTime={note.createdAt}>{timeOfDay(Date.parse(note.createdAt))}</time>
      </p>
    </li>
  );
}

export function OutgoingItem({
  outgoing,
  onRetry,
  onDiscard,
}: {
  outgoing: OutgoingMessage;
  onRetry: (clientMessageId: string) => void;
  onDiscard: (clientMessageId: string) => void;
}) {
  const { clientMessageId, content, writtenAt, state, problem } = outgoing;
  return (
    <li className={`message outbound outgoing ${state}`}>
      <p className="from">You</p>
      <p className="text">{content}</p>
      <p className="about">
        <time dateTime={new Date(writtenAt).toISOString()}>{timeOfDay(writtenAt)}</time> ·{' '}
        {{ sending: 'Sending …', waiting: 'No answer yet, trying again …', refused: 'Not sent' }[state]}
      </p>
      {state === 'refused' && (
        <p className="problem" role="alert">
          {problem}{' '}
          <button type="button" onClick={() => onRetry(clientMessageId)}>
            Try again
          </button>{' '}
          <button type="button" onClick={() => onDiscard(clientMessageId)}>
            Discard
          </button>
        </p>
      )}
    </li>
  );
}

function Attachment({ kind, url }: { kind: string; url: string | null }) {
  // What came from outside may name any scheme; `javascript:` is one of them.
  const isWeb = url !== null && /^https?:\/\//i.test(url);
  return (
    <p className="attachment">
      {isWeb ? (
        <a href={url} target="_blank" rel="noopener noreferrer">
          {words(kind)}
        </a>
      ) : (
        words(kind)
      )}
    </p>
  );
}

function senderOf({ sender, senderType }: ThreadMessageFragment, me: string, contactName: string): string {
  if (sender?.__typename === 'User') return sender.id === me ? 'You' : sender.displayName;
  if (sender?.__typename === 'Contact') return sender.displayName;
  return { CONTACT: contactName, USER: 'Somebody of the team', SYSTEM: 'System', AI_AGENT: 'Assistant' }[senderType];
}
