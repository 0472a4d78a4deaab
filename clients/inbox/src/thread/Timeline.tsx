import { Fragment, useLayoutEffect, useRef, useState } from 'react';

import { sentenceOf } from '../api/errors';
import { dayOf } from '../words';
import { MessageItem, NoteItem, OutgoingItem } from './items';
import { writtenAt, type TimelineItem } from './timelineItems';

/** Messages and notes from the oldest loaded to the newest. Stays at the end while the reader is there. */
export function Timeline({
  items,
  me,
  contactName,
  hasOlder,
  onOlder,
  onRetry,
  onDiscard,
}: {
  items: readonly TimelineItem[];
  me: string;
  contactName: string;
  hasOlder: boolean;
  onOlder: () => Promise<void>;
  onRetry: (clientMessageId: string) => void;
  onDiscard: (clientMessageId: string) => void;
}) {
  const { scroller, isAtEnd, toEnd } = useScrolling(items);
  const [isPaging, setPaging] = useState(false);
  const [problem, setProblem] = useState('');

  async function showOlder() {
    setPaging(true);
    await onOlder().then(
      () => setProblem(''),
      (error: unknown) => setProblem(sentenceOf(error)),
    );
    setPaging(false);
  }

  return (
    <div className="timeline-frame">
      {/* tabIndex: whoever has no pointer scrolls with the keys. */}
      <div className="timeline" ref={scroller} tabIndex={0} role="log" aria-label="Messages">
        {hasOlder && (
          <button type="button" className="more" disabled={isPaging} onClick={() => void showOlder()}>
            Show older messages
          </button>
        )}
        <p className="problem" role="alert">
          {problem}
        </p>
        <ol>
          {items.map((item, index) => {
            const day = dayOf(writtenAt(item));
            const before = items[index - 1];
            return (
              <Fragment key={item.key}>
                {(!before || dayOf(writtenAt(before)) !== day) && <li className="day">{day}</li>}
                {item.kind === 'message' && <MessageItem message={item.message} me={me} contactName={contactName} />}
                {item.kind === 'note' && <NoteItem note={item.note} me={me} />}
                {item.kind === 'outgoing' && (
                  <OutgoingItem outgoing={item.outgoing} onRetry={onRetry} onDiscard={onDiscard} />
                )}
              </Fragment>
            );
          })}
        </ol>
      </div>
      {!isAtEnd && (
        <button type="button" className="to-end" onClick={toEnd}>
          Newest messages
        </button>
      )}
    </div>
  );
}

/** How far from the end still counts as at the end, in CSS pixels. */
const NEAR = 60;

/**
 * Follows new messages while the reader is at the end, and keeps what is being read in its place while older ones are put
 * above it.
 */
function useScrolling(items: readonly TimelineItem[]) {
  const scroller = useRef<HTMLDivElement>(null);
  const [isAtEnd, setAtEnd] = useState(true);
  const seen = useRef({ first: '', last: '', height: 0, isAtEnd: true });

  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const first = items[0]?.key ?? '';
    const last = items.at(-1);
    // Whoever sends wants to see it, wherever they were reading.
    const isSent = last?.kind === 'outgoing' && last.key !== seen.current.last;
    if (seen.current.isAtEnd || isSent) element.scrollTop = element.scrollHeight;
    else if (first !== seen.current.first) element.scrollTop += element.scrollHeight - seen.current.height;
    seen.current.first = first;
    seen.current.last = last?.key ?? '';
    seen.current.height = element.scrollHeight;
  }, [items]);

  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const look = () => {
      const isNear = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR;
      seen.current.isAtEnd = isNear;
      setAtEnd(isNear);
    };
    // A composer that grows, or a keyboard that appears, takes room away from above.
    const resized = new ResizeObserver(() => {
      if (seen.current.isAtEnd) element.scrollTop = element.scrollHeight;
    });
    element.addEventListener('scroll', look, { passive: true });
    resized.observe(element);
    return () => {
      element.removeEventListener('scroll', look);
      resized.disconnect();
    };
  }, []);

  const toEnd = () => {
    const element = scroller.current;
    if (element) element.scrollTop = element.scrollHeight;
  };
  return { scroller, isAtEnd, toEnd };
}
