//! Mistakes on fields.

use super::says;

/// An entity with one more field.
fn with(field: &str) -> String {
    format!(
        "/// A tag.\n#[entity(table = tags, process = CRM)]\npub struct Tag {{\n{field}\n    /// Note.\n    pub note: Option<String>,\n}}"
    )
}

/// The only mistake of this attribute on a field of this type; the attribute stands in line 5 and begins in column 5.
#[track_caller]
fn says_on(attribute: &str, ty: &str, expected: &str) {
    says(&with(&format!("    /// Field.\n    {attribute}\n    pub field: {ty},")), expected);
}

#[test]
fn a_field_has_a_description() {
    says(&with("    pub name: String,"), "4:9 name — a field needs a doc comment: it is its GraphQL description");
    says(&with("    pub owner: Ref<User>,"), "4:9 owner — a field needs a doc comment: it is its GraphQL description");
}

#[test]
fn flags_that_are_not_known_are_answered_with_the_known_ones() {
    says_on(
        "#[field(readonly)]",
        "String",
        "5:13 readonly — `readonly` is not known here; known are: read_only, create_only, default, required, no_filter, no_order, folded, name, sql, late, early, object, transition, with, right",
    );
    says_on(
        "#[belongs_to(has_many = \"tags\")]",
        "Ref<User>",
        "5:18 has_many — `has_many` is not known here; known are: inverse, doc, one, read_only, create_only, required",
    );
}

#[test]
fn late_fields_are_written_through_early_alone() {
    let early = "5:13 early — what is stored in another form is read back by another: add late = …";
    says_on("#[field(early = crate::SEAL)]", "String", early);
    says_on("#[field(object = COIN)]", "String", "5:13 object — objects are made late: add late = …");
    says_on("#[field(late = \"OPEN\")]", "String", "5:13 late — write the path of a constant: late = crate::…");
    says_on(
        "#[field(late = crate::a::OPEN, default)]",
        "String",
        "5:36 default — what is made of the stored value is in no input: leave out `default`, or add early = …",
    );
    says_on(
        "#[field(sql = \"1\", late = OPEN, early = SEAL)]",
        "String",
        "5:37 early — a computed field is never written: leave out `early`",
    );
}

#[test]
fn attributes_stand_on_fields_of_their_type() {
    let expected = "5:7 belongs_to — #[belongs_to(…)] is for fields of type Ref<…> or Option<Ref<…>>";
    says_on("#[belongs_to(inverse = \"tags\", doc = \"Tags.\")]", "String", expected);
    says_on("#[link(through = x)]", "String", "5:7 link — #[link(…)] is for fields of type Many<…>");
    says_on(
        "#[field(read_only)]",
        "Ref<User>",
        "5:7 field — #[field(…)] is for columns; a relation takes #[belongs_to(…)]",
    );
    says_on(
        "#[field(read_only)]",
        "Option<Ref<User>>",
        "5:7 field — #[field(…)] is for columns; a relation takes #[belongs_to(…)]",
    );
}

#[test]
fn a_connection_says_through_which_table() {
    says_on(
        "",
        "Many<User>",
        "6:9 field — say through which table: #[link(through = …, here = …, there = …, inverse = …, doc = …, add = …, remove = …)]",
    );
    says_on(
        "#[link(through = tag_links, here = tag_id, there = user_id, inverse = \"tags\", doc = \"Tags.\")]",
        "Many<User>",
        "5:7 link — `add`, `remove` are missing",
    );
    let whole = "#[link(through = l, here = a, there = b, inverse = \"tags\", doc = \"Tags.\", add = \"addTag\", remove = \"removeTag\")]";
    says_on(
        whole,
        "Option<Many<User>>",
        "6:16 Option<Many<User>> — a connection is never null: write Many<…> without Option",
    );
    says_on(&whole.replace("= a,", "= \"a\","), "Many<User>", "5:25 here — write a name without quotes: here = …");
}

#[test]
fn a_way_back_has_a_name_and_a_description() {
    let expected = "5:18 inverse — the way back needs a description as well: doc = \"…\"";
    says_on("#[belongs_to(inverse = \"tags\")]", "Ref<User>", expected);
    says_on(
        "#[belongs_to(doc = \"Tags.\")]",
        "Ref<User>",
        "5:18 doc — `doc` is about the way back: add inverse = \"…\"",
    );
    says_on("#[belongs_to(one)]", "Ref<User>", "5:18 one — `one` is about the way back: add inverse = \"…\"");
    let expected = "5:28 \"the tags\" — `the tags` is not a GraphQL name in camelCase";
    says_on("#[belongs_to(inverse = \"the tags\", doc = \"Tags.\")]", "Ref<User>", expected);
}

#[test]
fn attributes_and_flags_come_once() {
    says_on("#[field(read_only)] #[field(no_order)]", "String", "5:27 field — say it all in one #[field(…)]");
    says_on("#[field(read_only, read_only)]", "String", "5:24 read_only — `read_only` is said twice");
    says_on("#[belongs_to(read_only, read_only)]", "Ref<User>", "5:29 read_only — `read_only` is said twice");
}

#[test]
fn read_only_is_in_no_input() {
    for flag in ["create_only", "required"] {
        let expected = format!("5:24 {flag} — a read-only field is in no input: leave out `{flag}`");
        says_on(&format!("#[field(read_only, {flag})]"), "Option<String>", &expected);
        let expected = format!("5:29 {flag} — a read-only relation is in no input: leave out `{flag}`");
        says_on(&format!("#[belongs_to(read_only, {flag})]"), "Option<Ref<User>>", &expected);
    }
    let expected = "5:24 default — a read-only field is in no input: leave out `default`";
    says_on("#[field(read_only, default)]", "String", expected);
}

#[test]
fn what_must_be_given_has_no_default() {
    let expected = "5:13 required — what is never null is required anyway; `required` is for Option<…>";
    says_on("#[field(required)]", "String", expected);
    let expected = "5:18 required — a Ref<…> is required anyway; `required` is for Option<Ref<…>>";
    says_on("#[belongs_to(required)]", "Ref<User>", expected);
    says_on(
        "#[field(default)]",
        "Option<String>",
        "5:13 default — an Option<…> may be left out anyway: leave out `default`",
    );
}

#[test]
fn a_computed_field_is_never_written() {
    for flag in ["read_only", "create_only", "default"] {
        let expected = format!("5:28 {flag} — a computed field is never written: leave out `{flag}`");
        says_on(&format!("#[field(sql = \"1 + 1\", {flag})]"), "i32", &expected);
    }
    says_on(
        "#[field(sql = \"'x'\", folded)]",
        "String",
        "5:26 folded — only a column has a folded copy: leave out `folded`",
    );
    says_on("#[field(sql = x)]", "String", "5:13 sql — write a text in quotes: sql = \"…\"");
}

#[test]
fn a_state_moves_by_its_mutation_alone() {
    for flag in ["read_only", "create_only", "default"] {
        let expected = format!(
            "5:37 {flag} — a state starts by its default and is moved by its mutation alone: leave out `{flag}`"
        );
        says_on(&format!("#[field(transition = \"moveTag\", {flag})]"), "State", &expected);
    }
    says_on(
        "#[field(with(note))]",
        "State",
        "5:13 with — `with` names what a transition may set besides the state: add transition = \"…\"",
    );
    says_on(
        "#[field(transition = \"moveTag\", with(noet))]",
        "State",
        "5:42 noet — `noet` is no column of this entity; a relation is named by its key, for instance owner_id",
    );
}

#[test]
fn keywords_get_an_underscore() {
    let expected = "5:9 r#type — write `type_`: Diesel's columns step out of the way of keywords like this";
    says(&with("    /// Kind.\n    pub r#type: String,"), expected);
}
