import { useApolloClient } from '@apollo/client/react';
import { useId, useRef, useState, type KeyboardEvent, type SubmitEvent } from 'react';

import { sentenceOf } from '../api/errors';
import { ThreadDocument, WriteNoteDocument, type ConversationRowFragment } from '../api/generated';
import { withAnswer } from './applyThreadEvent';
import { useTyping } from './useSignals';

type Kind = 'reply' | 'note';

/** What was typed and not sent, by conversation: it is still there when the agent comes back. */
const drafts = new Map<string, string>();

/** Writes a reply to the contact, or a note for the team. Enter sends, Shift-Enter begins a line. */
export function Composer({
  conversation,
  onSend,
}: {
  conversation: ConversationRowFragment;
  onSend: (content: string) => void;
}) {
  const { id, contact, channel, whatsapp24hExpiresAt } = conversation;
  const [kind, setKind] = useState<Kind>('reply');
  const [text, setText] = useState(drafts.get(id) ?? '');
  const note = useNote(id);
  const typing = useTyping(id);
  const field = useRef<HTMLTextAreaElement>(null);
  const name = useId();
  const content = text.trim();

  // The gateway decides when the message arrives; this only says it earlier.
  const isWindowClosed =
    kind === 'reply' &&
    channel === 'WHATSAPP' &&
    (whatsapp24hExpiresAt === null || Date.parse(whatsapp24hExpiresAt) <= Date.now());

  function write(next: string) {
    setText(next);
    if (next) drafts.set(id, next);
    else drafts.delete(id);
  }

  async function submit(event?: SubmitEvent<HTMLFormElement>) {
    event?.preventDefault();
    if (!content || note.isBusy) return;
    if (kind === 'reply') {
      onSend(content);
      write('');
      typing.stopped();
    } else if (await note.save(content)) {
      write('');
    }
    field.current?.focus();
  }

  function press(event: KeyboardEvent<HTMLTextAreaElement>) {
    // While an input method composes, Enter chooses a word.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    void submit();
  }

  return (
    <form className={`composer ${kind}`} onSubmit={(event) => void submit(event)}>
      <fieldset>
        <legend className="hidden">What to write</legend>
        <label>
          <input type="radio" name={name} checked={kind === 'reply'} onChange={() => setKind('reply')} /> Reply
        </label>
        <label>
          <input type="radio" name={name} checked={kind === 'note'} onChange={() => setKind('note')} /> Internal note
        </label>
      </fieldset>
      {isWindowClosed && (
        <p className="hint">
          The contact last wrote more than 24 hours ago: WhatsApp takes templates only until they write again.
        </p>
      )}
      <div className="field">
        <textarea
          ref={field}
          rows={2}
          value={text}
          aria-label={kind === 'reply' ? `Reply to ${contact?.displayName ?? 'the contact'}` : 'Internal note'}
          placeholder={kind === 'reply' ? 'Write a reply' : 'Write a note that only your team sees'}
          onChange={(event) => {
            write(event.target.value);
            if (kind === 'reply') typing.typed();
          }}
          onKeyDown={press}
        />
        <button type="submit" className="primary" disabled={!content || note.isBusy}>
          {kind === 'reply' ? 'Send' : 'Save note'}
        </button>
      </div>
      <p className="problem" role="alert">
        {note.problem}
      </p>
    </form>
  );
}

/** Saves notes. The key makes a second attempt after a lost answer harmless. */
function useNote(conversationId: string) {
  const client = useApolloClient();
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
  const attempted = useRef({ body: '', key: '' });

  async function save(body: string): Promise<boolean> {
    if (attempted.current.body !== body) attempted.current = { body, key: crypto.randomUUID() };
    setBusy(true);
    setProblem('');
    try {
      const { data } = await client.mutate({
        mutation: WriteNoteDocument,
        variables: { input: { conversationId, body, idempotencyKey: attempted.current.key } },
        fetchPolicy: 'no-cache',
      });
      const { internalNote: note, errors } = data?.createInternalNote ?? { internalNote: null, errors: [] };
      if (!note) {
        setProblem(errors[0]?.message ?? 'The gateway did not take the note.');
        return false;
      }
      client.cache.updateQuery({ query: ThreadDocument, variables: { id: conversationId } }, (thread) =>
        thread && withAnswer(thread, { note }),
      );
      attempted.current = { body: '', key: '' };
      return true;
    } catch (error) {
      setProblem(sentenceOf(error));
      return false;
    } finally {
      setBusy(false);
    }
  }

  return { isBusy, problem, save };
}
