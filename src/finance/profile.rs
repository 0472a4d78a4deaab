//! Financial profiles: what all else about money hangs on.

use entity::database::DbError;
use entity::declare::{Arguments, Input, InputDecl, VerbDecl};
use entity::kind::Scalar;
use entity::sql::Bind;
use entity::write::{Outcome, Writer};
use entity::{Entity, Ref, entity};
use futures_util::FutureExt;

use crate::identity::User;
use crate::own_row::OwnRow;
use crate::processes::FINANCE;
use crate::values::CurrencyCode;

/// How a user deals with money. Only the user sees it.
#[entity(table = financial_profiles, process = FINANCE, soft_delete, include_deleted = DELETE, purge = DELETE)]
pub struct FinancialProfile {
    /// Currency of what is entered without one; that of the business when it is not given.
    #[field(default)]
    pub currency: CurrencyCode,
    /// Goals, a JSON object such as `{"savings": 5000}`; null for none.
    pub financial_goals: Option<serde_json::Value>,
    /// What an assistant has made of the figures, a JSON object; null for nothing.
    pub ai_analysis: Option<serde_json::Value>,
    /// Whose profile it is: always one's own.
    #[belongs_to(
        read_only,
        one,
        inverse = "financialProfile",
        doc = "How the user deals with money; null for none, and for everybody else."
    )]
    pub user: Ref<User>,
}

/// `saveFinancialProfile`: makes the profile of the signed-in user, or changes it.
pub(super) static SAVE_FINANCIAL_PROFILE: VerbDecl = VerbDecl {
    mutation: "saveFinancialProfile",
    doc: "Changes your financial profile; makes it when there is none. What is left out stays as it is.",
    entity: FinancialProfile::decl,
    right: FINANCE.write(),
    inputs: &[
        InputDecl {
            name: "currency",
            doc: "Currency of what is entered without one; that of the business when it was never given.",
            ty: <Option<CurrencyCode>>::TYPE,
            need: Input::Optional,
        },
        InputDecl {
            name: "financialGoals",
            doc: "Goals, a JSON object such as `{\"savings\": 5000}`; null for none.",
            ty: <Option<serde_json::Value>>::TYPE,
            need: Input::Optional,
        },
        InputDecl {
            name: "aiAnalysis",
            doc: "What an assistant has made of the figures, a JSON object; null for nothing.",
            ty: <Option<serde_json::Value>>::TYPE,
            need: Input::Optional,
        },
    ],
    secret: None,
    run: |writer, input| save(writer, input).boxed(),
};

/// The column of an input, unless it is left as it is.
fn column(name: &str, value: &Bind) -> Option<&'static str> {
    match (name, value) {
        // Null is no value of it.
        ("currency", Bind::Text(_)) => Some("currency"),
        ("financialGoals", _) => Some("financial_goals"),
        ("aiAnalysis", _) => Some("ai_analysis"),
        _ => None,
    }
}

const OWN: OwnRow = OwnRow { table: "financial_profiles", soft_delete: true };

async fn save(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let given = input.0.iter().filter_map(|(name, value)| Some((column(name, value)?, value.clone())));
    let id = OWN.save(writer, &given.collect::<Vec<_>>()).await?;
    Ok(Outcome { id, ..Outcome::default() })
}
