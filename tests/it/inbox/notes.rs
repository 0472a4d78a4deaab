//! Internal notes stay inside: nothing that speaks to contacts can come upon one.

use std::collections::{BTreeSet, VecDeque};
use std::path::Path;

use entity::model::{EntityModel, Member, Model};
use entity::roots::Schema as _;
use mostrador::graphql::schema::Mostrador;

use crate::app::TestApp;

/// The fields that lead from a type to another one.
fn ways(model: &'static Model, entity: &'static EntityModel) -> Vec<(String, &'static str)> {
    let mut ways = Vec::new();
    for (name, member) in &entity.members {
        let place = format!("{}.{name}", entity.decl.name);
        match member {
            Member::One(one) => ways.push((place, model.entity(one.target).decl.name)),
            Member::Many(many) => ways.push((place, model.entity(many.target).decl.name)),
            Member::Union(union) => {
                let targets = model.entities().iter().filter(|target| target.abstracts.contains(&union.type_name));
                ways.extend(targets.map(|target| (place.clone(), target.decl.name)));
            }
            Member::Scalar(_) => {}
        }
    }
    ways
}

#[test]
fn notes_are_selected_over_these_fields_and_no_others() {
    let model = Mostrador::model();
    let ways: BTreeSet<String> = model
        .entities()
        .iter()
        .flat_map(|entity| ways(model, entity))
        .filter_map(|(place, target)| (target == "InternalNote").then_some(place))
        .collect();
    let known = ["Conversation.notes", "User.internalNoteMentions", "User.internalNotes"];
    assert_eq!(ways.iter().map(String::as_str).collect::<Vec<_>>(), known);
    // All of them need the right to see notes, which is that of agents.
    let note = model.by_name("InternalNote").unwrap().decl;
    assert_eq!(note.needs.read, mostrador::processes::CONVERSATIONS.read());
}

#[test]
fn no_path_from_a_message_leads_to_a_note_but_through_the_agents_own_view_of_a_conversation_or_a_user() {
    let model = Mostrador::model();
    let agents_only = ["Conversation.notes", "User.internalNoteMentions", "User.internalNotes"];
    for start in ["Message", "WhatsappTemplate", "Webhook", "TenantCredentials", "Job", "Contact"] {
        let Some(first) = model.by_name(start) else { continue };
        let (mut seen, mut queue) = (BTreeSet::from([start]), VecDeque::from([first]));
        while let Some(entity) = queue.pop_front() {
            for (place, target) in ways(model, entity) {
                if !agents_only.contains(&place.as_str()) && seen.insert(target) {
                    queue.push_back(model.by_name(target).unwrap());
                }
            }
        }
        assert!(!seen.contains("InternalNote"), "{start} leads to notes");
    }
    // Nor does a computed field of anything read them.
    for entity in model.entities() {
        for field in entity.decl.fields {
            assert!(!field.sql.is_some_and(|sql| sql.contains("internal_note")), "{}.{}", entity.decl.name, field.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_reads_notes_for_merging_and_for_the_log_only() {
    let app = TestApp::empty().await;
    let functions =
        "select proname from pg_proc where pronamespace = 'app'::regnamespace and prosrc ~ 'internal_note' order by 1";
    let functions = app.rows(functions).await.concat();
    let known = ["conversations_merged", "internal_note_mentions_note_id_logged", "internal_notes_logged"];
    assert_eq!(functions.iter().map(String::as_str).collect::<Vec<_>>(), known);
    let keys = "select conrelid::regclass::text from pg_constraint where contype = 'f' and confrelid = 'internal_notes'::regclass";
    assert_eq!(app.rows(keys).await.concat(), ["internal_note_mentions"]);
    let views = "select viewname from pg_views where schemaname = 'public' and definition ~ 'internal_note'";
    assert_eq!(app.rows(views).await, Vec::<Vec<String>>::new());
    // The log says that there is a note, never what it says.
    app.sql("insert into tenants (name, email, slug, default_currency, timezone) values ('One', 'one@one.test', 'one', 'EUR', 'UTC')").await;
    app.sql(
        "insert into contacts (tenant_id, display_name) select id, 'Rosa' from tenants where slug = 'one';
         insert into conversations (tenant_id, contact_id, channel) select tenant_id, id, 'SMS' from contacts;
         insert into internal_notes (tenant_id, conversation_id, body) select tenant_id, id, 'Nobody hears this' from conversations",
    )
    .await;
    let heard = "select count(*) from changes c where c::text like '%Nobody%'";
    assert_eq!(app.cell(heard).await, "0");
    assert_eq!(app.cell("select count(*) from changes where entity = 'internal_note'").await, "1");
}

/// What speaks to contacts and providers does not know the word.
#[test]
fn nothing_that_sends_or_receives_names_notes() {
    let mut looked_at = 0;
    for folder in ["src/outbound", "src/inbound", "src/whatsapp", "src/jobs", "src/mail"] {
        let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
        while let Some(folder) = folders.pop() {
            let Ok(entries) = std::fs::read_dir(&folder) else { continue };
            for entry in entries.flatten() {
                if entry.path().is_dir() {
                    folders.push(entry.path());
                    continue;
                }
                let text = std::fs::read_to_string(entry.path()).unwrap_or_default();
                looked_at += 1;
                assert!(
                    !text.contains("internal_note") && !text.contains("InternalNote"),
                    "{} names notes",
                    entry.path().display()
                );
            }
        }
    }
    assert!(looked_at > 10, "{looked_at}");
}
