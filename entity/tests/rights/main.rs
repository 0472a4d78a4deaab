//! Every path to a row needs its right, and nothing of a refused field reaches the database.

#![expect(clippy::unwrap_used, reason = "tests")]

mod stage;

use entity::access::{Right, Rights};
use stage::{CONTACTS, NOTES, PROCESSES, USERS, ask, schema};

/// An ID of this type.
fn id(prefix: &str) -> String {
    format!("{prefix}_00000000000000000000000001")
}

/// Ways to rows, each with the rights that it needs, in the order in which they are told, and where.
fn ways() -> Vec<(String, Vec<(Right, &'static str)>)> {
    let (read_contacts, read_users, read_notes) = (CONTACTS.read(), USERS.read(), NOTES.read());
    let contacts = (read_contacts, "contacts");
    let listed = [
        // Lists, look-ups, nodes.
        ("{ contacts { totalCount } }", vec![contacts]),
        ("{ contacts { nodes { name ownerId } } }", vec![contacts]),
        ("{ all: contacts { pageInfo { endCursor } } }", vec![(read_contacts, "all")]),
        ("{ contact(id: CONTACT) { name } }", vec![(read_contacts, "contact")]),
        ("{ node(id: CONTACT) { id } }", vec![(read_contacts, "node")]),
        ("{ node(id: NOTE) { __typename } }", vec![(read_notes, "node")]),
        ("{ nodes(ids: [NOTE, CONTACT]) { id } }", vec![(read_notes, "nodes"), (read_contacts, "nodes")]),
        // Relations.
        ("{ contacts { nodes { owner { email } } } }", vec![contacts, (read_users, "contacts.nodes.owner")]),
        ("{ contacts { nodes { owner { __typename } } } }", vec![contacts, (read_users, "contacts.nodes.owner")]),
        (
            "{ contacts { edges { node { own: owner { id } } } } }",
            vec![contacts, (read_users, "contacts.edges.node.own")],
        ),
        (
            "{ contact(id: CONTACT) { notes { totalCount } } }",
            vec![(read_contacts, "contact"), (read_notes, "contact.notes")],
        ),
        (
            "{ node(id: CONTACT) { ... on Contact { watchers { nodes { email } } } ... on Note { author { id } } } }",
            vec![(read_contacts, "node"), (read_users, "node.watchers")],
        ),
        (
            "query { users { nodes { ...Watched } } } fragment Watched on User { watched { nodes { notes { totalCount } } } }",
            vec![
                (read_users, "users"),
                (read_contacts, "users.nodes.watched"),
                (read_notes, "users.nodes.watched.nodes.notes"),
            ],
        ),
        (
            "{ contacts { nodes { owner @include(if: false) { id } notes @skip(if: true) { totalCount } name } } }",
            vec![contacts],
        ),
        // Unions: what is selected of a branch needs its right, which branch it is does not.
        (
            "{ notes { nodes { subject { __typename ... on Contact { name } } } } }",
            vec![(read_notes, "notes"), (read_contacts, "notes.nodes.subject")],
        ),
        (
            "{ notes { nodes { subject { ... on Node { id } } } } }",
            vec![(read_notes, "notes"), (read_contacts, "notes.nodes.subject"), (read_users, "notes.nodes.subject")],
        ),
        ("{ notes { nodes { subject { __typename } } } }", vec![(read_notes, "notes")]),
        (
            "{ notes { nodes { subject { ... on Contact { owner { id } } } } } }",
            vec![
                (read_notes, "notes"),
                (read_contacts, "notes.nodes.subject"),
                (read_users, "notes.nodes.subject.owner"),
            ],
        ),
        // Filters and orders.
        ("{ contacts(filter: {ownerId: {isNull: true}}, orderBy: [{field: NAME}]) { totalCount } }", vec![contacts]),
        (
            "{ contacts(filter: {owner: {email: {eq: \"a\"}}}) { totalCount } }",
            vec![contacts, (read_users, "contacts")],
        ),
        ("{ contacts(filter: {owner: {}}) { totalCount } }", vec![contacts, (read_users, "contacts")]),
        ("{ contacts(filter: {notes: {none: {}}}) { totalCount } }", vec![contacts, (read_notes, "contacts")]),
        (
            "{ contacts(filter: {or: [{not: {and: [{notes: {every: {author: {id: {eq: \"x\"}}}}}]}}]}) { totalCount } }",
            vec![contacts, (read_notes, "contacts"), (read_users, "contacts")],
        ),
        (
            "{ contacts { nodes { notes(filter: {author: {email: {isNull: true}}}) { totalCount } } } }",
            vec![contacts, (read_notes, "contacts.nodes.notes"), (read_users, "contacts.nodes.notes")],
        ),
        (
            "query ($f: ContactFilter = {watchers: {some: {}}}) { contacts(filter: $f) { totalCount } }",
            vec![contacts, (read_users, "contacts")],
        ),
        // What was deleted.
        ("{ contacts(includeDeleted: true) { totalCount } }", vec![contacts, (CONTACTS.admin(), "contacts")]),
        ("{ contacts(includeDeleted: false) { totalCount } }", vec![contacts]),
        (
            "{ contact(id: CONTACT, includeDeleted: true) { name } }",
            vec![(read_contacts, "contact"), (CONTACTS.admin(), "contact")],
        ),
        (
            "{ users { nodes { contacts(includeDeleted: true) { totalCount } } } }",
            vec![
                (read_users, "users"),
                (read_contacts, "users.nodes.contacts"),
                (CONTACTS.admin(), "users.nodes.contacts"),
            ],
        ),
        // Who asks.
        ("{ viewer { user { email } } }", vec![]),
        ("{ viewer { user { contacts { totalCount } } } }", vec![(read_contacts, "viewer.user.contacts")]),
        // Verbs and their payloads.
        (
            "mutation { createContact(input: {name: \"a\"}) { errors { code } } }",
            vec![(CONTACTS.write(), "createContact")],
        ),
        (
            "mutation { createContact(input: {name: \"a\"}) { contact { owner { id } } } }",
            vec![
                (CONTACTS.write(), "createContact"),
                (read_contacts, "createContact.contact"),
                (read_users, "createContact.contact.owner"),
            ],
        ),
        ("mutation { updateContact(input: {id: CONTACT}) { __typename } }", vec![(CONTACTS.write(), "updateContact")]),
        ("mutation { deleteContact(input: {id: CONTACT}) { __typename } }", vec![(CONTACTS.delete(), "deleteContact")]),
        (
            "mutation { restoreContact(input: {id: CONTACT}) { __typename } }",
            vec![(CONTACTS.delete(), "restoreContact")],
        ),
        ("mutation { purgeContact(input: {id: CONTACT}) { deletedId } }", vec![(CONTACTS.admin(), "purgeContact")]),
        ("mutation { deleteNote(input: {id: NOTE}) { deletedId } }", vec![(NOTES.delete(), "deleteNote")]),
        (
            "mutation { moveContact(input: {id: CONTACT, state: \"b\"}) { __typename } }",
            vec![(CONTACTS.write(), "moveContact")],
        ),
        ("mutation { mergeContact(input: {id: CONTACT}) { __typename } }", vec![(CONTACTS.admin(), "mergeContact")]),
        (
            "mutation { addWatcher(input: {id: CONTACT, userId: USER}) { __typename } }",
            vec![(CONTACTS.manage_users(), "addWatcher")],
        ),
        (
            "mutation { removeWatcher(input: {id: CONTACT, userId: USER}) { __typename } }",
            vec![(CONTACTS.manage_users(), "removeWatcher")],
        ),
        ("mutation { inviteUser(input: {email: \"a\"}) { token } }", vec![(USERS.manage_users(), "inviteUser")]),
    ];
    let filled = |query: &str| {
        let ids = [("CONTACT", id("contact")), ("NOTE", id("note")), ("USER", id("user"))];
        ids.iter().fold(query.to_owned(), |query, (name, id)| query.replace(name, &format!("\"{id}\"")))
    };
    listed.into_iter().map(|(query, needs)| (filled(query), needs)).collect()
}

fn only(needs: &[(Right, &str)]) -> Rights {
    let mut rights = Rights::none();
    needs.iter().for_each(|(right, _)| rights.add(*right));
    rights
}

#[test]
fn the_rights_of_a_way_are_enough_for_it() {
    for (query, needs) in ways() {
        let told = ask(Some(only(&needs)), &query);
        let refused: Vec<_> = told.errors().into_iter().filter(|error| error.starts_with("FORBIDDEN")).collect();
        assert_eq!(refused, [""; 0], "{query}");
        // An ID in a filter that is none is refused without a right being missing.
        assert!(
            told.statements > 0 || query.contains("\"x\""),
            "{query}: nothing was asked\n{:?}",
            told.response.errors
        );
    }
}

#[test]
fn without_one_of_its_rights_a_way_is_closed_and_nothing_is_asked() {
    for (query, needs) in ways() {
        for (right, path) in &needs {
            let mut rights = Rights::all();
            rights.remove(*right);
            let told = ask(Some(rights), &query);
            assert_eq!(told.errors(), [format!("FORBIDDEN {right:?} {path}")], "{query}");
            assert_eq!(told.statements, 0, "{query} without {right:?}");
        }
    }
}

#[test]
fn the_first_missing_right_is_told() {
    for (query, needs) in ways() {
        let Some((right, path)) = needs.first() else { continue };
        assert_eq!(ask(Some(Rights::none()), &query).errors(), [format!("FORBIDDEN {right:?} {path}")], "{query}");
    }
}

#[test]
fn without_a_session_nothing_else_is_told() {
    for (query, _) in ways() {
        let told = ask(None, &query);
        assert!(told.errors().iter().all(|error| error.starts_with("UNAUTHENTICATED")), "{query}: {:?}", told.errors());
    }
}

#[test]
fn a_missing_right_is_told_before_what_is_wrong_with_the_arguments() {
    let far = format!("[{}]", vec![format!("\"{}\"", id("contact")); 251].join(", "));
    for (query, wrong) in [
        ("{ contacts(first: 9999) { nodes { owner { id } } } }", "PAGE_LIMIT contacts"),
        ("{ contacts(after: \"x\") { nodes { owner { id } } } }", "INVALID_CURSOR contacts"),
        ("{ contacts(first: 1, last: 1) { nodes { owner { id } } } }", "VALIDATION contacts"),
        ("{ contacts(filter: {id: {eq: \"x\"}, owner: {}}) { totalCount } }", "VALIDATION contacts"),
        ("{ contact(id: \"x y\") { owner { id } } }", "INVALID_ID contact"),
        (
            "{ contacts(first: 250) { nodes { notes(first: 250) { nodes { contact { notes(first: 250) { nodes { author { id } } } } } } } } }",
            "COST_LIMIT contacts",
        ),
        (&format!("{{ nodes(ids: {far}) {{ ... on Contact {{ owner {{ id }} }} }} }}"), "PAGE_LIMIT nodes"),
    ] {
        assert_eq!(ask(Some(Rights::all()), query).errors(), [wrong], "{query}");
        let mut rights = Rights::all();
        rights.remove(USERS.read());
        let errors = ask(Some(rights), query).errors();
        assert!(errors[0].starts_with("FORBIDDEN USERS:READ"), "{query}: {errors:?}");
        rights.remove(CONTACTS.read());
        let errors = ask(Some(rights), query).errors();
        assert!(errors[0].starts_with("FORBIDDEN CONTACTS:READ"), "{query}: {errors:?}");
    }
    let query = "mutation { updateContact(input: {id: \"x y\", expectedVersion: 1}) { errors { code } } }";
    assert_eq!(ask(Some(Rights::none()), query).errors(), ["FORBIDDEN CONTACTS:WRITE updateContact"]);
}

#[test]
fn a_refused_field_leaves_its_neighbours_alone_where_it_may_be_null() {
    let query =
        format!("{{ a: contact(id: \"{0}\") {{ id }} b: note(id: \"{1}\") {{ id }} }}", id("contact"), id("note"));
    let mut rights = Rights::all();
    rights.remove(CONTACTS.read());
    let told = ask(Some(rights), &query);
    assert_eq!(told.errors(), ["FORBIDDEN CONTACTS:READ a", "TIMEOUT b"]);
    assert_eq!(told.statements, 1);
}

#[test]
fn the_viewers_permissions_are_listed_in_order_of_the_codes() {
    let mut rights = Rights::of_everybody(&PROCESSES);
    for right in [USERS.manage_users(), USERS.read(), CONTACTS.write()] {
        rights.add(right);
    }
    let told = ask(Some(rights), "{ viewer { permissions { process action } } }");
    assert_eq!(told.statements, 0);
    let json = told.response.data.into_json().unwrap();
    let listed: Vec<_> = json["viewer"]["permissions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|permission| format!("{}:{}", permission["process"], permission["action"]).replace('"', ""))
        .collect();
    assert_eq!(
        listed,
        ["ACCOUNT:READ", "ACCOUNT:WRITE", "ACCOUNT:DELETE", "CONTACTS:WRITE", "USERS:READ", "USERS:MANAGE_USERS"]
    );
}

#[test]
fn a_secret_is_shown_when_it_is_made_and_never_beside_an_error() {
    let shown = |email: &str| {
        let query = format!("mutation {{ inviteUser(input: {{email: \"{email}\"}}) {{ token errors {{ path }} }} }}");
        ask(Some(Rights::all()), &query).response.data.into_json().unwrap().to_string()
    };
    assert!(shown("ana").contains("open sesame"), "{}", shown("ana"));
    assert!(!shown("nobody").contains("open sesame"), "{}", shown("nobody"));
}

#[test]
fn the_schema_says_which_right_each_thing_needs() {
    let sdl = schema().sdl();
    for line in [
        "directive @requires(process: String!, action: PermissionAction!) on OBJECT | FIELD_DEFINITION | ARGUMENT_DEFINITION",
        "enum PermissionAction {",
        "type Contact implements Node @requires(process: \"CONTACTS\", action: READ) {",
        "): Contact @requires(process: \"CONTACTS\", action: READ)",
        "): ContactConnection! @requires(process: \"CONTACTS\", action: READ)",
        "includeDeleted: Boolean = false @requires(process: \"CONTACTS\", action: ADMIN)",
        "): MergeContactPayload! @requires(process: \"CONTACTS\", action: ADMIN)",
        "): InviteUserPayload! @requires(process: \"USERS\", action: MANAGE_USERS)",
        "viewerCan: ContactAbilities!",
        "token: String",
    ] {
        assert!(sdl.contains(line), "{line}\n{sdl}");
    }
    // A verb stands where the row it takes is; one that takes no row of its entity stands nowhere.
    let abilities = sdl.split("type ContactAbilities {").nth(1).and_then(|rest| rest.split('}').next()).unwrap();
    let fields: Vec<_> = abilities.lines().filter_map(|line| line.trim().strip_suffix(": Ability!")).collect();
    assert_eq!(
        fields,
        [
            "update",
            "delete",
            "restore",
            "purge",
            "moveContact",
            "mergeContact",
            "addWatcher",
            "removeWatcher",
            "touchContact"
        ]
    );
    assert!(!sdl.contains("inviteUser: Ability!"));
}
