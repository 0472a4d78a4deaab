//! A small model, and a session that has the rights a test gives it and counts what reaches the database.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use async_graphql::{EmptySubscription, PathSegment, Request, Response, Value};
use entity::access::{ProcessDecl, Rights};
use entity::answer::Answer;
use entity::database::{DbError, Statements};
use entity::declare::{
    ActionDecl, Arguments, BranchDecl, EntityDecl, FieldDecl, Input, InputDecl, InverseDecl, LinkDecl, RelationDecl,
    SecretDecl, TransitionDecl, UnionDecl, VerbDecl,
};
use entity::kind::{FieldType, Kind, Scalar};
use entity::model::Model;
use entity::plan::Paging;
use entity::roots::{self, EntityMutation, EntityQuery, Schema, WriteJob};
use entity::rows::Rows;
use entity::sql::Sql;
use entity::write::{Outcome, Secret, Writer};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use uuid::Uuid;

const fn process(number: u8, code: &'static str, personal: bool) -> ProcessDecl {
    ProcessDecl { number, code, name: code, doc: "A process.", route: None, parent: None, personal }
}

pub(crate) static USERS: ProcessDecl = process(0, "USERS", false);
pub(crate) static CONTACTS: ProcessDecl = process(1, "CONTACTS", false);
pub(crate) static NOTES: ProcessDecl = process(2, "NOTES", false);
pub(crate) static ACCOUNT: ProcessDecl = process(3, "ACCOUNT", true);
pub(crate) static PROCESSES: [&ProcessDecl; 4] = [&USERS, &CONTACTS, &NOTES, &ACCOUNT];

const TEXT: FieldType = <Option<String> as Scalar>::TYPE;

const fn text(name: &'static str) -> FieldDecl {
    FieldDecl::column(name, name, "Text.", TEXT)
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

fn contact() -> &'static EntityDecl {
    static DECL: EntityDecl = EntityDecl {
        soft_delete: true,
        fields: &[
            text("name"),
            FieldDecl {
                create: Input::No,
                update: Input::No,
                transition: Some(TransitionDecl { mutation: "moveContact", with: &[], right: CONTACTS.write() }),
                ..text("state")
            },
        ],
        relations: &[RelationDecl {
            inverse: back("contacts"),
            ..RelationDecl::optional("owner", "owner_id", "The owner.", user)
        }],
        links: &[LinkDecl {
            name: "watchers",
            doc: "Who watches.",
            table: "contact_watchers",
            here: "contact_id",
            there: "user_id",
            target: user,
            inverse: "watched",
            inverse_doc: "What the user watches.",
            add: "addWatcher",
            remove: "removeWatcher",
            right: CONTACTS.manage_users(),
        }],
        actions: &[ActionDecl {
            mutation: "mergeContact",
            doc: "Merges.",
            set: &[("name", "''")],
            inputs: &[],
            right: CONTACTS.admin(),
        }],
        ..EntityDecl::over("contacts", "Contact", "contacts", "contact", "A contact.", &CONTACTS)
    };
    &DECL
}

fn note() -> &'static EntityDecl {
    static DECL: EntityDecl = EntityDecl {
        fields: &[text("body")],
        order_by: &[("body", true)],
        relations: &[
            RelationDecl {
                inverse: back("notes"),
                ..RelationDecl::optional("contact", "contact_id", "About whom.", contact)
            },
            RelationDecl::optional("author", "author_id", "Who wrote it.", user),
        ],
        unions: &[UnionDecl {
            name: "subject",
            type_name: "NoteSubject",
            doc: "About whom or by whom.",
            nullable: true,
            branches: &[BranchDecl { path: &["contact"], when: None }, BranchDecl { path: &["author"], when: None }],
        }],
        ..EntityDecl::over("notes", "Note", "notes", "note", "A note.", &NOTES)
    };
    &DECL
}

static INVITE: VerbDecl = VerbDecl {
    mutation: "inviteUser",
    doc: "Invites.",
    entity: user,
    right: USERS.manage_users(),
    inputs: &[InputDecl { name: "email", doc: "Whom.", ty: TEXT, need: Input::Required }],
    secret: Some(SecretDecl { name: "token", doc: "Shown once." }),
    run: invite,
};

fn invite<'a>(writer: Writer<'a>, input: &'a Arguments) -> BoxFuture<'a, Result<Outcome, DbError>> {
    async move {
        writer.statements.command("select 1").await?;
        let invited = input.get("email").is_some_and(|email| *email != entity::sql::Bind::Text("nobody".into()));
        let secret = Some(Secret("open sesame".into()));
        let errors =
            if invited { Vec::new() } else { vec![entity::write::UserError::new("VALIDATION", "email", "No.")] };
        Ok(Outcome { secret, errors, ..Outcome::default() })
    }
    .boxed()
}

/// An input that nothing else has, so that Kind is checked as well.
pub(crate) const ID: FieldType = FieldType { kind: Kind::Id("contact"), nullable: false, normalize: None };

static TOUCH: VerbDecl = VerbDecl {
    mutation: "touchContact",
    doc: "Touches.",
    entity: contact,
    right: NOTES.write(),
    inputs: &[InputDecl { name: "id", doc: "Which.", ty: ID, need: Input::Required }],
    secret: None,
    run: invite,
};

pub(crate) struct Small;

impl Schema for Small {
    fn model() -> &'static Model {
        static MODEL: OnceLock<&'static Model> = OnceLock::new();
        MODEL.get_or_init(|| Model::link(&PROCESSES, &[user(), contact(), note()], &[&INVITE, &TOUCH]).unwrap())
    }
}

/// Answers no statement, and counts how often it was asked.
#[derive(Default)]
struct Nothing(AtomicU32);

impl Statements for Nothing {
    fn rows(&self, _: Sql, _: bool) -> BoxFuture<'_, Result<Rows, DbError>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        std::future::ready(Err(DbError::TimedOut)).boxed()
    }

    fn command(&self, _: &'static str) -> BoxFuture<'_, Result<(), DbError>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        std::future::ready(Ok(())).boxed()
    }
}

struct Session {
    rights: Rights,
    statements: Nothing,
}

impl roots::Session for Session {
    fn tenant(&self) -> Uuid {
        Uuid::from_u128(1)
    }

    fn user(&self) -> Uuid {
        Uuid::from_u128(2)
    }

    fn rights(&self) -> Rights {
        self.rights
    }

    fn paging(&self) -> Paging {
        Paging::default()
    }

    fn reads(&self) -> &dyn Statements {
        &self.statements
    }

    fn write(&self, mut job: WriteJob) -> BoxFuture<'_, Result<Answer, DbError>> {
        let (tenant, user) = (self.tenant(), self.user());
        async move { job.run(&self.statements, tenant, user, Uuid::from_u128(3), &()).await }.boxed()
    }
}

/// What came of an operation.
pub(crate) struct Told {
    pub(crate) response: Response,
    pub(crate) statements: u32,
}

pub(crate) fn schema() -> async_graphql::Schema<EntityQuery<Small>, EntityMutation<Small>, EmptySubscription> {
    async_graphql::Schema::build(EntityQuery::default(), EntityMutation::default(), EmptySubscription).finish()
}

/// Runs an operation with these rights, or without a session.
pub(crate) fn ask(rights: Option<Rights>, query: &str) -> Told {
    let session = rights.map(|rights| Arc::new(Session { rights, statements: Nothing::default() }));
    let mut request = Request::new(query);
    if let Some(session) = &session {
        request = request.data(Arc::clone(session) as Arc<dyn roots::Session>);
    }
    // Nothing waits: the statements answer at once.
    let response = schema().execute(request).now_or_never().unwrap();
    let statements = session.map_or(0, |session| session.statements.0.load(Ordering::Relaxed));
    Told { response, statements }
}

impl Told {
    /// The errors, each as its code, the right it names and its path: `FORBIDDEN USERS:READ contacts.nodes.owner`.
    pub(crate) fn errors(&self) -> Vec<String> {
        let error = |error: &async_graphql::ServerError| {
            let extension = |key: &str| error.extensions.as_ref().and_then(|extensions| extensions.get(key));
            let code = match extension("code") {
                Some(Value::String(code)) => code.clone(),
                _ => error.message.clone(),
            };
            let requires = match extension("requires") {
                Some(Value::Object(right)) => match (&right["process"], &right["action"]) {
                    (Value::String(process), Value::String(action)) => format!("{process}:{action}"),
                    _ => "?".into(),
                },
                _ => String::new(),
            };
            let path: Vec<_> = error
                .path
                .iter()
                .map(|part| match part {
                    PathSegment::Field(name) => name.clone(),
                    PathSegment::Index(index) => index.to_string(),
                })
                .collect();
            [code, requires, path.join(".")].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
        };
        self.response.errors.iter().map(error).collect()
    }
}
