// The inbox screen: enums and ordering as variables, a union, and fragments on
// its members.

export const query = graphql`
  query InboxQuery(
    $count: Int!
    $cursor: String
    $status: ConversationStatus!
    $orderBy: [ConversationOrder!]
  ) {
    conversations(first: $count, after: $cursor, filter: { status: { eq: $status } }, orderBy: $orderBy)
      @connection(key: "Inbox_conversations") {
      edges {
        node {
          id
          ...InboxRow_conversation
        }
      }
    }
  }
`;

export const row = graphql`
  fragment InboxRow_conversation on Conversation {
    id
    channel
    status
    unreadCount
    lastMessageAt
    contact {
      ...ContactCard_contact
    }
    assignedTo {
      id
      displayName
    }
    messages(last: 5) {
      nodes {
        id
        content
        sender {
          __typename
          ...InboxSender_user @alias
          ...ContactCard_contact @alias
        }
      }
    }
  }
`;

export const sender = graphql`
  fragment InboxSender_user on User {
    id
    displayName
  }
`;
