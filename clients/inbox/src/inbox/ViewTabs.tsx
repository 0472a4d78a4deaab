import { useQuery } from '@apollo/client/react';

import { InboxCountsDocument } from '../api/generated';
import { VIEW_NAMES, VIEWS, type View } from './views';

/** Switches between the views, and tells how many conversations each has. */
export function ViewTabs({ view, me, onChange }: { view: View; me: string; onChange: (view: View) => void }) {
  const { data } = useQuery(InboxCountsDocument, { variables: { me }, fetchPolicy: 'cache-only' });
  return (
    <nav className="views" aria-label="Views">
      {VIEWS.map((name) => (
        <button key={name} type="button" aria-pressed={name === view} onClick={() => onChange(name)}>
          {VIEW_NAMES[name]} <span className="count">{data?.[name]?.totalCount ?? '–'}</span>
        </button>
      ))}
    </nav>
  );
}
