// The tabs a first visitor finds. The documents are files of their own so that
// the client tests can check each against the schema.

import contacts from '../examples/contacts.graphql?raw';
import createContact from '../examples/create-contact.graphql?raw';
import inbox from '../examples/inbox.graphql?raw';

const variables = {
  contacts: { first: 20, after: null },
  createContact: { input: { displayName: 'Lucía Fernández', phone: '+34612345678' } },
};

export const exampleTabs = [
  { query: inbox },
  { query: contacts, variables: JSON.stringify(variables.contacts, null, 2) },
  { query: createContact, variables: JSON.stringify(variables.createContact, null, 2) },
];
