//! Declarations that contradict each other do not link, and the error names both sides.

use super::{Member, Model, ModelError};
use crate::access::ProcessDecl;
use crate::database::DbError;
use crate::declare::{
    ActionDecl, Arguments, BranchDecl, ChoiceDecl, EntityDecl, FieldDecl, Input, InputDecl, InverseDecl, LinkDecl,
    RelationDecl, TransitionDecl, UnionDecl, VerbDecl,
};
use crate::kind::{FieldType, Kind, Scalar};
use crate::write::{Outcome, Writer};

type Link = fn() -> &'static EntityDecl;

const fn process(number: u8, code: &'static str) -> ProcessDecl {
    ProcessDecl { number, code, name: code, doc: "A process.", route: None, parent: None, personal: false }
}

static USERS: ProcessDecl = process(0, "USERS");
static TASKS: ProcessDecl = process(1, "TASKS");
static PROCESSES: [&ProcessDecl; 2] = [&USERS, &TASKS];

const fn text(name: &'static str) -> FieldDecl {
    FieldDecl::column(name, name, "Text.", <String as Scalar>::TYPE)
}

const fn back(name: &'static str) -> Option<InverseDecl> {
    Some(InverseDecl { name, doc: "Back.", one: false })
}

fn user() -> &'static EntityDecl {
    static DECL: EntityDecl = EntityDecl {
        fields: &[text("email")],
        ..EntityDecl::over("users", "User", "users", "user", "A user.", &USERS)
    };
    &DECL
}

/// A task over these members; leaked, as declarations live as long as the program.
fn task(members: EntityDecl) -> &'static EntityDecl {
    Box::leak(Box::new(members))
}

const TASK: EntityDecl = EntityDecl::over("tasks", "Task", "tasks", "task", "A task.", &TASKS);
const OWNER: RelationDecl = RelationDecl::optional("owner", "owner_id", "The owner.", user as Link);
const CREATOR: RelationDecl = RelationDecl::required("creator", "creator_id", "The creator.", user as Link);

fn fails(entities: &[&'static EntityDecl]) -> String {
    fail(Model::link(&PROCESSES, entities, &[]))
}

fn fail(linked: Result<&'static Model, ModelError>) -> String {
    linked.map_or_else(|error| error.to_string(), |_| "it links".to_owned())
}

#[test]
fn declarations_that_fit_together_link_in_both_directions() {
    let owner = RelationDecl { inverse: back("tasks"), ..OWNER };
    let task = task(EntityDecl { fields: vec![text("title")].leak(), relations: vec![owner].leak(), ..TASK });
    let model = Model::link(&PROCESSES, &[user(), task], &[]).unwrap();
    let fields: Vec<_> = model.by_name("User").unwrap().members.keys().copied().collect();
    assert_eq!(fields, ["id", "email", "tenantId", "createdAt", "updatedAt", "version", "tasks"]);
    let mutations: Vec<_> = model.mutations.keys().map(String::as_str).collect();
    assert_eq!(mutations, ["createUser", "updateUser", "deleteUser", "createTask", "updateTask", "deleteTask"]);
}

#[test]
fn two_entities_do_not_share_a_name_a_prefix_or_a_table() {
    let other = |over: EntityDecl| fails(&[user(), Box::leak(Box::new(over))]);
    assert_eq!(
        other(EntityDecl::over("x", "User", "x", "x", "X.", &TASKS)),
        "two entities have the name User: User and User"
    );
    assert_eq!(
        other(EntityDecl::over("x", "Agent", "x", "user", "X.", &TASKS)),
        "two entities have the ID prefix user: User and Agent"
    );
    assert_eq!(
        other(EntityDecl::over("users", "Agent", "x", "x", "X.", &TASKS)),
        "two entities have the table users: User and Agent"
    );
    let hint = "one of them of Agent; #[entity(plural = …)] gives a list another name";
    assert_eq!(
        other(EntityDecl::over("x", "Agent", "users", "x", "X.", &TASKS)),
        format!("two root queries are called users, {hint}")
    );
    assert_eq!(
        other(EntityDecl::over("x", "Agent", "agent", "x", "X.", &TASKS)),
        format!("two root queries are called agent, {hint}")
    );
}

#[test]
fn a_relation_leads_to_an_entity_of_the_list() {
    let task = task(EntityDecl { relations: &[OWNER], ..TASK });
    assert_eq!(fails(&[task]), "Task refers to User, which is not in the list of entities");
}

#[test]
fn fields_are_declared_once() {
    let twice = task(EntityDecl { fields: vec![text("title"), text("title")].leak(), ..TASK });
    assert_eq!(fails(&[twice]), "Task.title is declared twice, the second time by the entity itself");
    let key = task(EntityDecl { fields: vec![text("ownerId")].leak(), relations: &[OWNER], ..TASK });
    assert_eq!(fails(&[user(), key]), "Task.ownerId is declared twice, the second time by the entity itself");
    let added = task(EntityDecl { fields: vec![text("createdAt")].leak(), ..TASK });
    assert_eq!(fails(&[added]), "Task.createdAt is declared twice, the second time by the engine");
}

#[test]
fn ways_back_have_names_of_their_own() {
    let relations =
        vec![RelationDecl { inverse: back("tasks"), ..OWNER }, RelationDecl { inverse: back("tasks"), ..CREATOR }];
    let both = task(EntityDecl { relations: relations.leak(), ..TASK });
    assert_eq!(fails(&[user(), both]), "User.tasks is declared twice, the second time by the way back of Task.creator");
    let taken = task(EntityDecl { relations: vec![RelationDecl { inverse: back("email"), ..OWNER }].leak(), ..TASK });
    assert_eq!(fails(&[user(), taken]), "User.email is declared twice, the second time by the way back of Task.owner");
}

#[test]
fn links_lead_to_entities_and_have_verbs_of_their_own() {
    let link = |inverse, remove| LinkDecl {
        name: "watchers",
        doc: "Who watches.",
        table: "task_watchers",
        here: "task_id",
        there: "user_id",
        target: user,
        inverse,
        inverse_doc: "What the user watches.",
        add: "addWatcher",
        remove,
        right: TASKS.write(),
    };
    let linked = |inverse, remove| task(EntityDecl { links: vec![link(inverse, remove)].leak(), ..TASK });
    assert_eq!(fails(&[user(), linked("watched", "removeWatcher")]), "it links");
    assert_eq!(
        fails(&[linked("watched", "removeWatcher")]),
        "Task refers to User, which is not in the list of entities"
    );
    assert_eq!(
        fails(&[user(), linked("email", "removeWatcher")]),
        "User.email is declared twice, the second time by the way back of Task.watchers"
    );
    assert_eq!(
        fails(&[user(), linked("watched", "addWatcher")]),
        "two mutations are called addWatcher: of Task and of Task"
    );
    assert_eq!(
        fails(&[user(), linked("watched", "deleteUser")]),
        "two mutations are called deleteUser: of User and of Task"
    );
}

#[test]
fn what_a_transition_takes_is_a_stored_field() {
    let state = |with| {
        let transition = Some(TransitionDecl { mutation: "moveTask", with, right: TASKS.write() });
        let long = FieldDecl::computed("longTitle", "{t}.title || '!'", "Long.", <String as Scalar>::TYPE);
        let fields = vec![FieldDecl { transition, ..text("status") }, text("title"), long];
        fails(&[user(), task(EntityDecl { fields: fields.leak(), relations: &[OWNER], ..TASK })])
    };
    assert_eq!(state(&["title", "ownerId"]), "it links");
    assert_eq!(state(&["titel"]), "the transition of Task.status takes titel, which Task does not have");
    assert_eq!(state(&["owner"]), "the transition of Task.status takes owner, which Task does not have");
    assert_eq!(state(&["longTitle"]), "the transition of Task.status takes longTitle, which is computed");
}

#[test]
fn what_an_action_takes_is_a_stored_field() {
    let action = |mutation, name| {
        let inputs = vec![(name, Input::Optional)].leak();
        let action = ActionDecl { mutation, doc: "Does.", set: &[], inputs, right: TASKS.write() };
        fails(&[task(EntityDecl { fields: vec![text("title")].leak(), actions: vec![action].leak(), ..TASK })])
    };
    assert_eq!(action("closeTask", "title"), "it links");
    assert_eq!(action("closeTask", "reason"), "Task's action closeTask takes reason, which Task does not have");
    assert_eq!(action("updateTask", "title"), "two mutations are called updateTask: of Task and of Task");
}

#[test]
fn a_union_goes_over_relations() {
    let union = |type_name, path| {
        let branches: &[BranchDecl] = vec![BranchDecl { path, when: None }].leak();
        let union = UnionDecl { name: "who", type_name, doc: "Who.", nullable: true, branches };
        fails(&[user(), task(EntityDecl { relations: &[OWNER], unions: vec![union].leak(), ..TASK })])
    };
    assert_eq!(union("Actor", &["owner"]), "it links");
    assert_eq!(union("Actor", &["ower"]), "the union Task.who goes over Task.ower, which is no to-one relation");
    assert_eq!(
        union("Actor", &["owner", "team"]),
        "the union Task.who goes over User.team, which is no to-one relation"
    );
    assert_eq!(union("Actor", &[]), "the union Task.who has a branch that leads nowhere");
    assert_eq!(union("User", &["owner"]), "two types are called User: the entity User and the union Task.who");
}

#[test]
fn a_way_to_a_row_under_row_rules_may_be_null_although_its_key_may_not() {
    let ruled = || {
        static DECL: EntityDecl = EntityDecl {
            writable: Some("app.may_write({t}.id)"),
            ..EntityDecl::over("contacts", "Contact", "contacts", "contact", "A contact.", &USERS)
        };
        &DECL
    };
    let contact = RelationDecl::required("contact", "contact_id", "Who it is for.", ruled as Link);
    let branch = |path: &'static [&'static str]| BranchDecl { path, when: None };
    let union = |name, type_name, path| UnionDecl {
        name,
        type_name,
        doc: "Who.",
        nullable: false,
        branches: vec![branch(path)].leak(),
    };
    let unions = vec![union("who", "Who", &["contact"]), union("maker", "Maker", &["creator"])].leak();
    let task = task(EntityDecl { relations: vec![contact, CREATOR].leak(), unions, ..TASK });
    let model = Model::link(&PROCESSES, &[user(), ruled(), task], &[]).unwrap();
    let told: Vec<_> = ["contact", "creator", "who", "maker"]
        .into_iter()
        .map(|name| match &model.by_name("Task").unwrap().members[name] {
            Member::One(one) => (one.nullable, one.doc),
            Member::Union(union) => (union.nullable, union.doc),
            other => panic!("{other:?}"),
        })
        .collect();
    let wanted = [
        (true, "Who it is for."),
        (false, "The creator."),
        (true, "Who. Null when you may not see it."),
        (false, "Who."),
    ];
    assert_eq!(told, wanted);
    let key = model.by_name("Task").unwrap().scalar("contactId").unwrap();
    assert!(!key.ty.nullable && key.create == Input::Required, "{key:?}");
}

#[test]
fn types_have_names_of_their_own() {
    static SHORT: ChoiceDecl = ChoiceDecl { name: "Priority", doc: "How urgent.", values: &[("LOW", "Low.")] };
    static LONG: ChoiceDecl =
        ChoiceDecl { name: "Priority", doc: "How urgent.", values: &[("LOW", "Low."), ("HIGH", "High.")] };
    let field = |name, choice| {
        FieldDecl::column(
            name,
            name,
            "Priority.",
            FieldType { kind: Kind::Choice(choice), nullable: false, normalize: None },
        )
    };
    let with =
        |one, other| fails(&[task(EntityDecl { fields: vec![field("a", one), field("b", other)].leak(), ..TASK })]);
    assert_eq!(with(&SHORT, &SHORT), "it links");
    assert_eq!(with(&SHORT, &LONG), "two types are called Priority: an enum of 1 values and an enum of 2 values");
    let node: &'static EntityDecl =
        Box::leak(Box::new(EntityDecl::over("nodes", "Node", "knots", "knot", "A node.", &TASKS)));
    assert_eq!(fails(&[node]), "two types are called Node: one that every schema has and the entity Node");
}

#[test]
fn folded_columns_are_text() {
    let number = FieldDecl { folded: true, ..FieldDecl::column("rank", "rank", "Rank.", <i32 as Scalar>::TYPE) };
    let task = task(EntityDecl { fields: vec![number].leak(), ..TASK });
    assert_eq!(fails(&[task]), "Task.rank is folded, which is for text");
}

#[test]
fn the_inputs_of_a_verb_are_known() {
    fn nothing<'a>(_: Writer<'a>, _: &'a Arguments) -> futures_util::future::BoxFuture<'a, Result<Outcome, DbError>> {
        Box::pin(std::future::ready(Ok(Outcome::refused(Vec::new()))))
    }
    let input = |name, prefix| InputDecl {
        name,
        doc: "Which.",
        ty: FieldType { kind: Kind::Id(prefix), nullable: false, normalize: None },
        need: Input::Required,
    };
    let verb = |entity: Link, inputs: Vec<InputDecl>| {
        let verb: &'static VerbDecl = Box::leak(Box::new(VerbDecl {
            mutation: "greetUser",
            doc: "Greets.",
            entity,
            right: USERS.write(),
            inputs: inputs.leak(),
            secret: None,
            run: nothing,
        }));
        fail(Model::link(&PROCESSES, &[user()], &[verb]))
    };
    assert_eq!(verb(user, vec![input("userId", "user")]), "it links");
    assert_eq!(verb(user, vec![input("userId", "usr")]), "greetUser.userId takes the ID of a usr, which no entity is");
    assert_eq!(
        verb(user, vec![input("userId", "user"), input("userId", "user")]),
        "greetUser.userId is declared twice"
    );
    let stranger: Link = || task(TASK);
    assert_eq!(verb(stranger, vec![]), "greetUser refers to Task, which is not in the list of entities");
}

#[test]
fn every_right_is_one_on_a_process_of_the_catalogue() {
    static LOST: ProcessDecl = process(2, "LOST");
    let error = |entity: &'static EntityDecl, processes: &'static [&'static ProcessDecl]| {
        fail(Model::link(processes, &[user(), entity], &[]))
    };
    assert_eq!(error(task(TASK), &PROCESSES), "it links");
    let lost = task(EntityDecl::over("tasks", "Task", "tasks", "task", "A task.", &LOST));
    assert_eq!(error(lost, &PROCESSES), "Task needs LOST:READ, a process that no catalogue has");
    let action = ActionDecl { mutation: "loseTask", doc: "Does.", set: &[], inputs: &[], right: LOST.admin() };
    let losing = task(EntityDecl { actions: vec![action].leak(), ..TASK });
    assert_eq!(error(losing, &PROCESSES), "loseTask needs LOST:ADMIN, a process that no catalogue has");
    static TURNED: [&ProcessDecl; 2] = [&TASKS, &USERS];
    assert_eq!(error(task(TASK), &TURNED), "the process TASKS has the number 1, not its place 0");
    static AGAIN: ProcessDecl = process(2, "TASKS");
    static TWICE: [&ProcessDecl; 3] = [&USERS, &TASKS, &AGAIN];
    assert_eq!(error(task(TASK), &TWICE), "two processes have the code TASKS");
}

#[test]
fn lists_are_ordered_by_fields_that_can_be_ordered_by() {
    let ordered = |by| {
        let fields = vec![text("title"), FieldDecl { order: false, ..text("notes") }].leak();
        fails(&[user(), task(EntityDecl { fields, order_by: vec![(by, true)].leak(), ..TASK })])
    };
    assert_eq!(ordered("title"), "it links");
    assert_eq!(ordered("notes"), "Task is ordered by notes, which cannot be ordered by");
    assert_eq!(ordered("titel"), "Task is ordered by titel, which cannot be ordered by");
}

#[test]
fn verbs_about_one_row_stand_in_viewer_can() {
    let action = ActionDecl { mutation: "closeTask", doc: "Does.", set: &[], inputs: &[], right: TASKS.write() };
    let task = task(EntityDecl { soft_delete: true, actions: vec![action].leak(), ..TASK });
    let model = Model::link(&PROCESSES, &[user(), task], &[]).unwrap();
    let verbs: Vec<_> =
        model.by_name("Task").unwrap().verbs.iter().map(|(name, verb)| format!("{name}={verb}")).collect();
    assert_eq!(
        verbs,
        ["update=updateTask", "delete=deleteTask", "restore=restoreTask", "purge=purgeTask", "closeTask=closeTask"]
    );
}
