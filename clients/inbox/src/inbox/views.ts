import type { ConversationStatus, InboxEventFilter, InboxQueryVariables } from '../api/generated';

/** The lists an agent switches between. */
export const VIEWS = ['open', 'mine', 'unassigned', 'pending'] as const;
export type View = (typeof VIEWS)[number];

export const VIEW_NAMES: Record<View, string> = {
  open: 'Open',
  mine: 'Mine',
  unassigned: 'Unassigned',
  pending: 'Pending',
};

const UNSETTLED: ConversationStatus[] = ['OPEN', 'PENDING'];

/** What to ask for a view: of the query and of the events, which must mean the same rows. */
export function conditionsOf(view: View, me: string): { rows: InboxQueryVariables; events: InboxEventFilter } {
  switch (view) {
    case 'open':
      return { rows: { statuses: ['OPEN'], me }, events: { statuses: ['OPEN'], assignment: 'ALL' } };
    case 'pending':
      return { rows: { statuses: ['PENDING'], me }, events: { statuses: ['PENDING'], assignment: 'ALL' } };
    case 'mine':
      return { rows: { statuses: UNSETTLED, me, assignedTo: { eq: me } }, events: { statuses: UNSETTLED, assignment: 'MINE' } };
    case 'unassigned':
      return {
        rows: { statuses: UNSETTLED, me, assignedTo: { isNull: true } },
        events: { statuses: UNSETTLED, assignment: 'UNASSIGNED' },
      };
  }
}
