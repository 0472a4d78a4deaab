// One object, refetched by its global id through node(id:), with a connection of
// its own that pages backwards, and a mutation on it.

export const query = graphql`
  query ContactCardQuery($id: ID!) {
    node(id: $id) {
      __typename
      ...ContactCard_contact @alias
      ...ContactCardConversations_contact @alias
    }
  }
`;

export const contact = graphql`
  fragment ContactCard_contact on Contact @refetchable(queryName: "ContactCardRefetchQuery") {
    id
    displayName
    phone
    email
    version
  }
`;

export const conversations = graphql`
  fragment ContactCardConversations_contact on Contact
  @argumentDefinitions(count: { type: "Int", defaultValue: 5 }, cursor: { type: "String" })
  @refetchable(queryName: "ContactCardConversationsPaginationQuery") {
    conversations(last: $count, before: $cursor)
      @connection(key: "ContactCard_conversations") {
      edges {
        node {
          id
          ...InboxRow_conversation
        }
      }
    }
  }
`;

export const update = graphql`
  mutation ContactCardUpdateMutation($input: UpdateContactInput!) {
    updateContact(input: $input) {
      contact {
        ...ContactCard_contact
      }
      errors {
        code
        message
        path
      }
    }
  }
`;
