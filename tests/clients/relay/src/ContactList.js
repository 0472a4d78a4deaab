// A paged list, the most common shape: a query spreads a refetchable fragment
// with a connection, and a mutation appends what it created to that connection.

export const query = graphql`
  query ContactListQuery($count: Int!, $search: String) {
    ...ContactList_query @arguments(count: $count, search: $search)
  }
`;

export const contacts = graphql`
  fragment ContactList_query on Query
  @argumentDefinitions(
    count: { type: "Int", defaultValue: 20 }
    cursor: { type: "String" }
    search: { type: "String" }
  )
  @refetchable(queryName: "ContactListPaginationQuery") {
    contacts(
      first: $count
      after: $cursor
      filter: { displayName: { contains: $search } }
      orderBy: [{ field: DISPLAY_NAME, direction: ASC }]
    ) @connection(key: "ContactList_contacts", filters: ["filter"]) {
      totalCount
      edges {
        node {
          id
          ...ContactCard_contact
        }
      }
    }
  }
`;

export const create = graphql`
  mutation ContactListCreateMutation($input: CreateContactInput!, $connections: [ID!]!) {
    createContact(input: $input) {
      contact @appendNode(connections: $connections, edgeTypeName: "ContactEdge") {
        id
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
