//! Mistakes on the struct and in the attributes below `#[entity]`.

use super::{mistakes, says};

#[test]
fn a_declaration_without_mistakes_says_nothing() {
    let source = r#"
/// A tag for conversations.
#[entity(table = conversation_tags, process = CRM, prefix = "tag", plural = "conversationTags", soft_delete)]
#[union(name = maker, of = TagMaker, nullable, doc = "Who made it.", branches(owner if "{t}.is_system = false", team))]
#[action(mutation = "retireTag", doc = "Takes a tag out of use.", set(status = "'RETIRED'"), inputs(color, owner_id = required), right = USERS::ADMIN)]
pub struct ConversationTag {
    /// Name.
    #[field(folded)]
    pub name: String,
    /// State.
    #[field(transition = "changeTagStatus", with(color, owner_id), right = DELETE)]
    pub status: TagStatus,
    /// Colour.
    #[field(required, no_order, name = "colour")]
    pub color: Option<String>,
    /// Colour.
    pub colour_code: Option<String>,
    /// Long name.
    #[field(sql = "{t}.name || '!'", no_filter)]
    pub long_name: String,
    /// Owner.
    #[belongs_to(required, inverse = "ownedTags", doc = "Tags of the user.")]
    pub owner: Option<Ref<User>>,
    /// Team.
    pub team: Ref<Team>,
    /// Conversations.
    #[link(through = links, here = tag_id, there = conversation_id, inverse = "tags", doc = "Tags.", add = "addTag", remove = "removeTag")]
    pub conversations: Many<Conversation>,
}
"#;
    let renamed = source.replace(", name = \"colour\"", "");
    assert_eq!(mistakes(&renamed), [""; 0]);
    // Inputs are known by their GraphQL names, so a renamed field is no longer found under its column.
    assert_eq!(mistakes(source).len(), 2, "{:#?}", mistakes(source));
}

#[test]
fn an_entity_names_its_table() {
    let source = "/// A tag.\n#[entity(process = CRM, soft_delete)]\npub struct Tag {}";
    says(source, "3:12 Tag — say which table: #[entity(table = …)]");
    let source = "/// A tag.\n#[entity(process = CRM)]\npub struct Tag {}";
    says(source, "3:12 Tag — say which table: #[entity(table = …)]");
    let source = "/// A tag.\n#[entity(process = CRM, table = \"tags\")]\npub struct Tag {}";
    says(source, "2:25 table — write a name without quotes: table = …");
}

#[test]
fn an_entity_names_its_process() {
    let missing = "say to which process its rows belong: #[entity(process = …)], one of src/processes.rs";
    let source = "/// A tag.\n#[entity(table = tags)]\npub struct Tag {}";
    says(source, &format!("3:12 Tag — {missing}"));
    let source = "/// A tag.\n#[entity(table = tags, process = \"CRM\")]\npub struct Tag {}";
    says(source, "2:24 process — write a name without quotes: process = …");
}

#[test]
fn rights_are_actions_on_processes() {
    let says_of = |flags: &str, expected: &str| {
        let source =
            format!("/// A tag.\n#[entity(table = tags, process = CRM, soft_delete, {flags})]\npub struct Tag {{}}");
        if expected.is_empty() { assert_eq!(mistakes(&source), [""; 0]) } else { says(&source, expected) }
    };
    says_of("read = ACCOUNT::READ, create = ADMIN, update = ADMIN, delete = MANAGE_USERS, include_deleted = READ", "");
    let known = "actions are: READ, WRITE, DELETE, ADMIN, MANAGE_USERS";
    says_of("create = FLY", &format!("2:61 FLY — `FLY` is no action; {known}"));
    says_of("create = CRM::FLY", &format!("2:66 FLY — `FLY` is no action; {known}"));
    let form = "write an action, or process and action: create = CONTACTS::WRITE";
    says_of("create = \"WRITE\"", &format!("2:52 create — {form}"));
    says_of("create", &format!("2:52 create — {form}"));
    let absent = "a mutation that is not there needs no right: leave out `create`";
    says_of("no_create, create = ADMIN", &format!("2:63 create — {absent}"));
    let source = "/// A tag.\n#[entity(table = tags, process = CRM, include_deleted = READ)]\npub struct Tag {}";
    says(source, "2:39 include_deleted — without soft_delete no deleted row is left to see");
}

#[test]
fn the_usual_order_names_columns() {
    let source = |order: &str| {
        format!(
            "/// A tag.\n#[entity(table = tags, process = CRM, order_by({order}))]\npub struct Tag {{\n    /// Name.\n    pub name: String,\n}}"
        )
    };
    assert_eq!(mistakes(&source("name = desc")), [""; 0]);
    says(&source("nome"), "2:48 nome — `nome` is no column of this entity");
    says(&source("name = down"), "2:48 name — write `name` or `name = desc`");
}

#[test]
fn an_entity_has_a_description() {
    let source = "#[entity(table = tags, process = CRM)]\npub struct Tag {}";
    says(source, "2:12 Tag — an entity needs a doc comment: it is its GraphQL description");
}

#[test]
fn flags_that_are_not_known_are_answered_with_the_known_ones() {
    let source = "/// A tag.\n#[entity(table = tags, process = CRM, soft_deleted)]\npub struct Tag {}";
    says(
        source,
        "2:39 soft_deleted — `soft_deleted` is not known here; known are: table, process, read, create, update, delete, include_deleted, purge, writable, order_by, prefix, plural, soft_delete, append_only, global, child_only, sensitive, no_create, no_update, no_delete",
    );
}

#[test]
fn a_flag_is_said_once() {
    let source = "/// A tag.\n#[entity(table = tags, process = CRM, no_create, no_create)]\npub struct Tag {}";
    says(source, "2:50 no_create — `no_create` is said twice");
    let source = "/// A tag.\n#[entity(table = tags, process = CRM, table = tag)]\npub struct Tag {}";
    says(source, "2:39 table — `table` is said twice");
}

#[test]
fn flags_have_their_form() {
    let source = "/// A tag.\n#[entity(table = tags, process = CRM, soft_delete = true)]\npub struct Tag {}";
    says(source, "2:39 soft_delete — `soft_delete` takes no value");
    let source = "/// A tag.\n#[entity(table = tags, process = CRM, plural = tags)]\npub struct Tag {}";
    says(source, "2:39 plural — write a text in quotes: plural = \"…\"");
    let source = "/// A tag.\n#[entity(table = tags, process = CRM, plural = \"all tags\")]\npub struct Tag {}";
    says(source, "2:48 \"all tags\" — `all tags` is not a GraphQL name in camelCase");
    let source = "/// A tag.\n#[entity(table = tags, process = CRM, prefix = \"Tag-\")]\npub struct Tag {}";
    says(source, "2:48 \"Tag-\" — an ID's prefix is 1 to 63 letters a–z, with _ in between");
}

#[test]
fn append_only_rows_are_neither_changed_nor_deleted() {
    for flag in ["soft_delete", "no_update", "no_delete"] {
        let source =
            format!("/// A tag.\n#[entity(table = tags, process = CRM, append_only, {flag})]\npub struct Tag {{}}");
        says(&source, &format!("2:52 {flag} — append-only rows never change: leave out `{flag}`"));
    }
}

#[test]
fn an_entity_is_a_struct_with_named_fields() {
    let source = "/// A tag.\n#[entity(table = tags, process = CRM)]\npub struct Tag(String);";
    says(source, "3:12 Tag — an entity is a struct with named fields");
    let source = "/// A tag.\n#[entity(table = tags, process = CRM)]\npub enum Tag { A }";
    says(source, "3:10 Tag — an entity is a struct; an enum becomes a column type by #[derive(Choice)]");
    let source = "/// A tag.\n#[entity(table = tags, process = CRM)]\npub struct Tag<T> {}";
    says(source, "3:15 <T> — an entity is one table: it has no type parameters and no lifetimes");
}

#[test]
fn fields_that_the_engine_adds_are_left_out() {
    for name in ["id", "created_at", "updated_at", "version", "deleted_at"] {
        let source = format!(
            "/// A tag.\n#[entity(table = tags, process = CRM, soft_delete)]\npub struct Tag {{\n    /// It.\n    pub {name}: i32,\n}}"
        );
        says(&source, &format!("5:9 {name} — the engine adds `{name}` by itself: leave it out"));
    }
    let source = "/// A tag.\n#[entity(table = tags, process = CRM, append_only)]\npub struct Tag {\n    /// It.\n    pub version: i32,\n}";
    assert_eq!(mistakes(source), [""; 0], "an append-only table has no version of the engine's");
}

const BELOW: &str = "
/// A tag.
#[entity(table = tags, process = CRM)]
ATTRIBUTE
pub struct Tag {
    /// Name.
    pub name: String,
    /// Owner.
    pub owner: Ref<User>,
}";

#[track_caller]
fn says_below(attribute: &str, expected: &str) {
    says(&BELOW.replace("ATTRIBUTE", attribute), expected);
}

#[test]
fn an_action_says_its_name_and_what_it_changes() {
    says_below("#[action(set(name = \"'x'\"))]", "3:3 action — `mutation`, `doc` are missing");
    says_below("#[action(mutation = \"x\", inputs(name))]", "3:3 action — `doc` is missing");
    says_below(
        "#[action(mutation = \"x\", doc = \"X.\")]",
        "3:3 action — an action changes something: set(column = \"sql\") or inputs(…)",
    );
    says_below(
        "#[action(mutation = \"x\", doc = \"X.\", set(name))]",
        "3:42 name — say what it becomes, as SQL: name = \"…\"",
    );
    says_below("#[action(mutation = \"x\", doc = \"\", set(name = \"'y'\"))]", "3:32 \"\" — `doc` is empty");
}

#[test]
fn the_inputs_of_an_action_are_columns() {
    says_below(
        "#[action(mutation = \"x\", doc = \"X.\", inputs(nome))]",
        "3:45 nome — `nome` is no column of this entity; a relation is named by its key, for instance owner_id",
    );
    says_below(
        "#[action(mutation = \"x\", doc = \"X.\", inputs(owner))]",
        "3:45 owner — `owner` is no column of this entity; a relation is named by its key, for instance owner_id",
    );
    says_below(
        "#[action(mutation = \"x\", doc = \"X.\", inputs(name = needed))]",
        "3:45 name — write `name` or `name = required`",
    );
}

#[test]
fn a_union_leaves_over_relations() {
    says_below(
        "#[union(name = x, of = X, doc = \"X.\", branches(owner, name))]",
        "3:55 name — `name` is no Ref<…> of this entity",
    );
    says_below(
        "#[union(name = x, of = X, doc = \"X.\", branches(owner))]",
        "3:3 union — a union has two branches or more",
    );
    says_below("#[union(name = x, doc = \"X.\")]", "3:3 union — `of`, `branches` are missing");
}

#[test]
fn several_mistakes_are_reported_together() {
    let source = "#[entity(no_crate)]\npub struct Tag {\n    pub name: String,\n    /// Colour.\n    #[field(red_only)]\n    pub color: String,\n}";
    let found = mistakes(source);
    let places: Vec<_> = found.iter().filter_map(|mistake| mistake.split(" — ").next()).collect();
    assert_eq!(
        places,
        ["1:10 no_crate", "2:12 Tag", "2:12 Tag", "2:12 Tag", "3:9 name", "5:13 red_only"],
        "{found:#?}"
    );
}

#[test]
fn the_entity_of_contributing_is_short_and_without_mistakes() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../CONTRIBUTING.md")).unwrap();
    let file = text.split("```rust\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let start = file.find("/// A contact who tried a vehicle.").unwrap();
    assert_eq!(mistakes(&file[start..]), [""; 0]);
    assert!(file.lines().count() <= 60, "one entity of eight columns, two relations and an enum is a page");
}
