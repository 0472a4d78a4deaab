//! Fields that are stored in another form than they are shown in, and what a session hears of sensitive rows.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::any::Any;
use std::sync::{Arc, Mutex, OnceLock};

use async_graphql::{EmptySubscription, Request};
use entity::access::{ProcessDecl, Rights};
use entity::answer::Answer;
use entity::database::{DbError, Refusal, Statements};
use entity::declare::{EntityDecl, FieldDecl, Input, InverseDecl, ObjectDecl, RelationDecl};
use entity::kind::{FieldType, Kind, Scalar};
use entity::late::{Early, Late, LateError};
use entity::model::Model;
use entity::plan::Paging;
use entity::roots::{self, EntityMutation, EntityQuery, Schema, WriteJob};
use entity::rows::Rows;
use entity::run::Lender;
use entity::sql::{Bind, Sql};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Value as Json, json};
use uuid::Uuid;

static BOXES: ProcessDecl = ProcessDecl {
    number: 0,
    code: "BOXES",
    name: "BOXES",
    doc: "A process.",
    route: None,
    parent: None,
    personal: false,
};

/// The program lends the word with which boxes are opened.
struct Word(&'static str);

const CONTENT: FieldType = <Option<String> as Scalar>::TYPE;

static COIN: ObjectDecl = ObjectDecl {
    name: "Coin",
    doc: "A coin.",
    is_list: true,
    fields: &[("worth", "How much.", <i32 as Scalar>::TYPE), ("metal", "Of what.", <String as Scalar>::TYPE)],
};

fn chest() -> &'static EntityDecl {
    static DECL: EntityDecl = EntityDecl {
        sensitive: true,
        fields: &[
            FieldDecl {
                late: Some(|late| open(late).boxed()),
                early: Some(|early| close(early).boxed()),
                filter: false,
                order: false,
                ..FieldDecl::column("content", "content", "What is in it.", CONTENT)
            },
            FieldDecl {
                late: Some(|late| count(late).boxed()),
                object: Some(&COIN),
                filter: false,
                order: false,
                ..FieldDecl::computed("coins", "{t}.money", "The coins in it.", <Json as Scalar>::TYPE)
            },
        ],
        relations: &[RelationDecl {
            inverse: Some(InverseDecl { name: "within", doc: "Boxes in it.", one: false }),
            ..RelationDecl::optional("outer", "outer_id", "The box around it.", chest)
        }],
        ..EntityDecl::over("boxes", "Box", "boxes", "box", "A box.", &BOXES)
    };
    &DECL
}

/// Says the stored text backwards, with the word in front. An empty one does not open.
async fn open(late: Late<'_>) -> Result<Vec<Result<Json, LateError>>, DbError> {
    let word = late.lent::<Word>()?.0;
    let one = |stored: &[u8]| {
        if stored.is_empty() {
            return Err(LateError { code: "NOT_FOUND", message: "The key is lost.".into() });
        }
        let text: String = String::from_utf8_lossy(stored).chars().rev().collect();
        Ok(json!(format!("{word} {text} of {}", late.rows.len())))
    };
    Ok(late.rows.iter().map(|row| one(row.stored)).collect())
}

/// A list of worths.
async fn count(late: Late<'_>) -> Result<Vec<Result<Json, LateError>>, DbError> {
    let coins = |stored: &[u8]| stored.iter().map(|worth| json!({ "worth": worth, "metal": "gold" })).collect();
    Ok(late.rows.iter().map(|row| Ok(Json::Array(coins(row.stored)))).collect())
}

async fn close(early: Early<'_>) -> Result<Bind, DbError> {
    match early.value {
        Some(Bind::Text(text)) if text == "air" => Err(DbError::Refused(Refusal {
            code: "VALIDATION".into(),
            column: early.field.column.into(),
            message: "Air is nothing.".into(),
            facts: Json::Null,
        })),
        Some(Bind::Text(text)) => {
            let word = early.writer.service::<Word>()?.0;
            Ok(Bind::Text(format!("{word} {} {text}", early.row.as_u128())))
        }
        _ => Ok(Bind::Text("nothing".into())),
    }
}

struct Boxes;

impl Schema for Boxes {
    fn model() -> &'static Model {
        static MODEL: OnceLock<&'static Model> = OnceLock::new();
        static PROCESSES: [&ProcessDecl; 1] = [&BOXES];
        MODEL.get_or_init(|| Model::link(&PROCESSES, &[chest()], &[]).unwrap())
    }
}

/// Gives every statement the same rows, and remembers the statements and what the session heard.
#[derive(Default)]
struct Session {
    rows: Vec<Option<Vec<u8>>>,
    width: usize,
    said: Mutex<Vec<String>>,
    read: Mutex<Vec<&'static str>>,
}

impl Statements for Session {
    fn rows(&self, sql: Sql, _: bool) -> BoxFuture<'_, Result<Rows, DbError>> {
        self.said.lock().unwrap().push(format!("{sql:?}"));
        let cells: Vec<Option<&[u8]>> = self.rows.iter().map(Option::as_deref).collect();
        std::future::ready(Ok(Rows::of(self.width, &cells))).boxed()
    }

    fn command(&self, _: &'static str) -> BoxFuture<'_, Result<(), DbError>> {
        std::future::ready(Ok(())).boxed()
    }
}

impl Lender for Session {
    fn lent(&self) -> &(dyn Any + Send + Sync) {
        &Word("please")
    }

    fn reading(&self, entities: &[&'static EntityDecl]) {
        self.read.lock().unwrap().extend(entities.iter().map(|entity| entity.name));
    }
}

impl roots::Session for Session {
    fn tenant(&self) -> Uuid {
        Uuid::from_u128(1)
    }

    fn user(&self) -> Uuid {
        Uuid::from_u128(2)
    }

    fn rights(&self) -> Rights {
        Rights::all()
    }

    fn paging(&self) -> Paging {
        Paging::default()
    }

    fn lender(&self) -> &dyn Lender {
        self
    }

    fn reads(&self) -> &dyn Statements {
        self
    }

    fn write(&self, mut job: WriteJob) -> BoxFuture<'_, Result<Answer, DbError>> {
        let (tenant, user) = (self.tenant(), self.user());
        async move { job.run(self, tenant, user, Uuid::from_u128(3), &Word("thanks")).await }.boxed()
    }
}

/// The answer, the statements and what was heard.
fn ask(query: &str, width: usize, cells: &[Option<&[u8]>]) -> (Json, Vec<String>, Vec<&'static str>) {
    let rows = cells.iter().map(|cell| cell.map(<[u8]>::to_vec)).collect();
    let session = Arc::new(Session { rows, width, ..Session::default() });
    let request = Request::new(query).data(Arc::clone(&session) as Arc<dyn roots::Session>);
    let schema = async_graphql::Schema::build(
        EntityQuery::<Boxes>::default(),
        EntityMutation::<Boxes>::default(),
        EmptySubscription,
    );
    let response = schema.finish().execute(request).now_or_never().unwrap();
    let answer = serde_json::to_value(&response).unwrap();
    let said = std::mem::take(&mut *session.said.lock().unwrap());
    let read = std::mem::take(&mut *session.read.lock().unwrap());
    (answer, said, read)
}

fn key(number: u128) -> Vec<u8> {
    Uuid::from_u128(number).as_bytes().to_vec()
}

#[test]
fn the_rows_of_a_statement_are_opened_together() {
    let (one, two, three, four) = (key(1), key(2), key(3), key(4));
    let cells: [Option<&[u8]>; 8] =
        [Some(&one), Some(b"ab"), Some(&two), None, Some(&three), Some(b""), Some(&four), Some(b"cd")];
    let (answer, said, read) = ask("{ boxes { nodes { content again: content } } }", 2, &cells);
    let nodes = &answer["data"]["boxes"]["nodes"];
    assert_eq!(nodes[0], json!({ "content": "please ba of 3", "again": "please ba of 3" }));
    assert_eq!(nodes[1]["content"], Json::Null);
    assert_eq!(nodes[2]["content"], Json::Null, "what does not open is null");
    assert_eq!(nodes[3]["content"], json!("please dc of 3"));
    let errors = answer["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 2, "one for each place: {errors:?}");
    assert_eq!(errors[0]["path"], json!(["boxes", "nodes", 2, "content"]));
    assert_eq!(
        (&errors[0]["extensions"]["code"], &errors[0]["message"]),
        (&json!("NOT_FOUND"), &json!("The key is lost."))
    );
    assert_eq!((said.len(), read), (1, vec!["Box"]), "{said:?}");
}

#[test]
fn objects_are_made_of_what_is_selected() {
    let one = key(1);
    let cells: [Option<&[u8]>; 2] = [Some(&one), Some(&[5, 7])];
    let (answer, said, _) = ask("{ boxes { nodes { coins { value: worth __typename } } } }", 2, &cells);
    assert_eq!(
        answer["data"]["boxes"]["nodes"],
        json!([{ "coins": [{ "value": 5, "__typename": "Coin" }, { "value": 7, "__typename": "Coin" }] }])
    );
    assert_eq!(said.len(), 1);
}

#[test]
fn a_late_field_without_a_value_for_a_row_that_needs_one_is_missed() {
    let one = key(1);
    let cells: [Option<&[u8]>; 2] = [Some(&one), None];
    let (answer, ..) = ask("{ boxes { nodes { coins { worth } } } }", 2, &cells);
    assert_eq!(answer["errors"][0]["path"], json!(["boxes", "nodes", 0, "coins"]));
}

#[test]
fn the_session_hears_of_rows_that_are_joined_listed_and_compared() {
    for query in [
        "{ boxes(first: 0) { totalCount } }",
        "{ box(id: \"box_00000000000000000000000001\") { id } }",
        "{ node(id: \"box_00000000000000000000000001\") { __typename } }",
        "{ boxes(filter: { outer: { id: { isNull: true } } }) { totalCount } }",
    ] {
        let one = key(1);
        let (_, _, read) = ask(query, 1, &[Some(&one)]);
        assert_eq!(read, ["Box"], "{query}");
    }
}

#[test]
fn inputs_are_stored_in_their_form() {
    let written = key(3);
    let create = |content: &str| {
        let query =
            format!("mutation {{ createBox(input: {{ content: {content} }}) {{ errors {{ message path }} }} }}");
        ask(&query, 1, &[Some(&written)])
    };
    let (answer, said, read) = create("\"silk\"");
    assert_eq!(answer["data"]["createBox"]["errors"], json!([]));
    assert!(said[0].contains("thanks 3 silk"), "{said:?}");
    assert!(read.is_empty(), "nothing was shown");
    assert!(create("null").1[0].contains("nothing"), "null is stored in its form as well");
    let (answer, said, _) = create("\"air\"");
    assert_eq!(answer["data"]["createBox"]["errors"], json!([{ "message": "Air is nothing.", "path": ["content"] }]));
    assert!(said.is_empty(), "{said:?}");
}

#[test]
fn late_fields_are_in_no_filter_and_no_order() {
    let entity = Boxes::model().by_name("Box").unwrap();
    let content = entity.scalar("content").unwrap();
    assert!(!content.filter && !content.order);
    assert_eq!((content.create, entity.scalar("coins").unwrap().create), (Input::Optional, Input::No));
    assert!(matches!(content.ty.kind, Kind::Text));
    assert_eq!(chest().columns().collect::<Vec<_>>(), ["id", "outer_id"], "typed rows do without");
}
