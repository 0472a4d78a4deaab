//! The mutation root: the entities' mutations, and those of accounts, which write no entity or need no session.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::OnceLock;

use async_graphql::parser::types::Field;
use async_graphql::registry::{MetaType, MetaTypeId, Registry};
use async_graphql::{
    ContainerType, Context, ContextSelectionSet, MergedObject, ObjectType, OutputType, Positioned, ServerResult, Value,
    resolver_utils,
};
use entity::plan::coded;
use entity::roots::{Answered, EntityMutation};

use super::schema::Mostrador;
use crate::files::FileShareMutation;
use crate::identity::{AccountMailMutation, AccountMutation, OauthMutation, PlatformMutation};
use crate::integrations::IntegrationMutation;
use crate::live::signals::SignalMutation;
use crate::request::RequestContext;

/// The mutations that are no verbs of an entity. Each part is an `#[Object]`; see [`RequestContext`].
#[derive(MergedObject, Default)]
pub struct AccountMutations(
    AccountMutation,
    AccountMailMutation,
    PlatformMutation,
    OauthMutation,
    SignalMutation,
    FileShareMutation,
    IntegrationMutation,
);

/// Whether a field of the mutation root is one of these.
pub(super) fn is_of_accounts(field: &str) -> bool {
    static NAMES: OnceLock<HashSet<String>> = OnceLock::new();
    let names = NAMES.get_or_init(|| match Registry::default().create_fake_output_type::<AccountMutations>() {
        MetaType::Object { fields, .. } => fields.into_keys().collect(),
        _ => HashSet::new(),
    });
    names.contains(field)
}

/// Everything that can be changed.
#[derive(Default)]
pub struct Mutation {
    entities: EntityMutation<Mostrador>,
    accounts: AccountMutations,
}

impl OutputType for Mutation {
    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed("Mutation")
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_output_type::<Self, _>(MetaTypeId::Object, |registry| {
            let mut root = registry.create_fake_output_type::<EntityMutation<Mostrador>>();
            let accounts = registry.create_fake_output_type::<AccountMutations>();
            if let (
                MetaType::Object { name, description, fields, rust_typename, .. },
                MetaType::Object { fields: more, .. },
            ) = (&mut root, accounts)
            {
                *name = "Mutation".to_owned();
                *description = Some(
                    "Everything that can be changed. Mutations of one request run one after the other, each in a \
                     transaction of its own."
                        .to_owned(),
                );
                *rust_typename = Some(std::any::type_name::<Self>());
                fields.extend(more);
            }
            root
        })
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        resolver_utils::resolve_container_serial(ctx, self).await
    }
}

impl ContainerType for Mutation {
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        if let Some(value) = self.entities.resolve_field(ctx).await? {
            return Ok(Some(value));
        }
        // async-graphql resolves a field once for every selection of it, and nobody wants to sign in twice.
        if ctx.data_opt::<Answered>().is_some_and(|answered| !answered.is_first(ctx.item)) {
            return Ok(Some(Value::Null));
        }
        if is_selected_twice(ctx) {
            let message = "Select this mutation once: two selections of it cannot be merged.";
            return Err(ctx.set_error_path(coded("VALIDATION", message, Some(ctx.item.pos))));
        }
        if let Ok(context) = RequestContext::of(ctx) {
            context.begin_mutation(ctx.item.node.name.node.as_str());
        }
        self.accounts.resolve_field(ctx).await
    }
}

impl ObjectType for Mutation {}

/// Whether another field of the operation has the response key of this one.
fn is_selected_twice(ctx: &Context<'_>) -> bool {
    let document = entity::plan::collect::Document {
        fragments: &ctx.query_env.fragments,
        variables: &ctx.query_env.variables,
        operation: &ctx.query_env.operation,
    };
    let key = &ctx.item.node.response_key().node;
    document.collect("Mutation", None, &[&ctx.query_env.operation.node.selection_set.node]).is_ok_and(|collected| {
        collected
            .iter()
            .any(|(known, fields)| *known == key && fields.iter().any(|field| !std::ptr::eq(*field, ctx.item)))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn mutations_of_accounts_share_no_name_with_the_entities() {
        let of = |root: fn(&mut Registry) -> MetaType| {
            let mut registry = Registry::default();
            let root = root(&mut registry);
            let fields: BTreeSet<String> = match root {
                MetaType::Object { fields, .. } => fields.into_keys().collect(),
                _ => BTreeSet::new(),
            };
            (fields, registry.types.into_keys().collect::<BTreeSet<String>>())
        };
        let (fields, types) = of(Registry::create_fake_output_type::<EntityMutation<Mostrador>>);
        let (account_fields, account_types) = of(Registry::create_fake_output_type::<AccountMutations>);
        assert!(account_fields.contains("signIn") && is_of_accounts("signIn") && !is_of_accounts("createContact"));
        let shared: Vec<_> = fields.intersection(&account_fields).collect();
        assert!(shared.is_empty(), "{shared:?} would be answered by the entities alone");
        let built_in = ["Boolean", "Float", "ID", "Int", "String"];
        let shared: Vec<_> =
            types.intersection(&account_types).filter(|name| !built_in.contains(&name.as_str())).collect();
        assert!(shared.is_empty(), "{shared:?} would be one of two");
    }
}
