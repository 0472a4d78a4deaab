//! How a story is written.
//!
//! ```graphql
//! # What the story is about, in a sentence or two.
//!
//! ### Ana notes a new contact
//! #> as ana@autos
//! #> variables { "name": "Rosa" }
//! #> save rosa = createContact.contact.id
//! mutation ($name: String) { createContact(input: { displayName: $name }) { contact { id } errors { ...Why } } }
//!
//! ### Somebody with psql cannot give her another one's phone number
//! #> refused contacts_phone_key
//! #> sql
//! #  update contacts set phone = (select phone from contacts where id = '${contact.marta}') where id = '${rosa}'
//! ```
//!
//! A line `### …` begins a step, whose options stand in lines `#> …` right below; lines `# …` below an option go on
//! with it. So a story is a GraphQL document, with everything else in its comments. The options:
//!
//! - `as ana@autos`: who asks, from here on. `as nobody` is not signed in; `as a stranger` has a valid token of a user
//!   and a tenant that do not exist.
//! - `variables {…}`, `operation Name`: sent along.
//! - `save name = path`: keeps a value of the answer's `data`, of SQL the column with this number, counted from 0;
//!   later steps write `${name}`.
//! - `refused CODE, …`: the step must meet errors with exactly these codes, in `errors` of the answer or of a payload;
//!   in SQL it is the constraint or, for rules of ours, the code. Without this option the step must meet no error.
//! - `sql`: instead of an operation, SQL run by a superuser. Global IDs in quotes become UUIDs.
//!
//! `${contact.marta}` is the global ID of a row of the world, `${uuid.marta}` its raw UUID.
//!
//! Fragments above the first step, and those of `fragments.graphql`, are sent with every operation that names them.

use async_graphql::Value;
use entity::id::split_id;

/// The file of fragments for all stories.
pub(super) const SHARED: &str = "fragments.graphql";

/// Who asks.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Who {
    Nobody,
    Stranger,
    Someone { name: String, tenant: String },
}

#[derive(Debug, Default)]
pub(super) struct Step {
    pub(super) title: String,
    pub(super) who: Option<Who>,
    pub(super) variables: serde_json::Value,
    pub(super) operation: Option<String>,
    pub(super) save: Vec<(String, String)>,
    pub(super) refused: Vec<String>,
    pub(super) sql: Option<String>,
    pub(super) body: String,
}

pub(super) struct Script {
    pub(super) steps: Vec<RawStep>,
    /// Values that earlier steps saved.
    pub(super) saved: Vec<(String, String)>,
    fragments: Vec<(String, String)>,
}

/// A step before the saved values are filled in.
pub(super) struct RawStep {
    title: String,
    options: Vec<String>,
    body: String,
}

impl Script {
    pub(super) fn read(text: &str, shared: &str) -> Result<Self, String> {
        let mut steps: Vec<RawStep> = Vec::new();
        let mut preamble = shared.to_owned();
        for line in text.lines() {
            let Some(step) = steps.last_mut().filter(|_| !line.starts_with("### ")) else {
                match line.strip_prefix("### ") {
                    Some(title) => {
                        steps.push(RawStep { title: title.to_owned(), options: Vec::new(), body: String::new() })
                    }
                    None => {
                        preamble.push('\n');
                        preamble.push_str(line);
                    }
                }
                continue;
            };
            match (line.strip_prefix("#>"), line.strip_prefix('#')) {
                (Some(option), _) if step.body.is_empty() => step.options.push(option.trim().to_owned()),
                (None, Some(more)) if step.body.is_empty() => {
                    let option = step
                        .options
                        .last_mut()
                        .ok_or_else(|| format!("### {}: a comment before the options", step.title))?;
                    option.push('\n');
                    option.push_str(more);
                }
                _ if step.body.is_empty() && line.trim().is_empty() => {}
                _ => {
                    step.body.push_str(line);
                    step.body.push('\n');
                }
            }
        }
        Ok(Self { steps, saved: Vec::new(), fragments: fragments(&preamble) })
    }

    /// A step with everything filled in.
    pub(super) fn step(&self, index: usize) -> Result<Step, String> {
        let raw = &self.steps[index];
        let mut step = Step { title: raw.title.clone(), ..Step::default() };
        for option in &raw.options {
            let option = self.fill(option)?;
            let (name, value) = option.split_once(char::is_whitespace).unwrap_or((&option, ""));
            let value = value.trim();
            match name {
                "as" => step.who = Some(who(value)?),
                "variables" => {
                    step.variables =
                        serde_json::from_str(value).map_err(|error| format!("### {}: {error}", raw.title))?
                }
                "operation" => step.operation = Some(value.to_owned()),
                "refused" => step.refused = value.split(',').map(|code| code.trim().to_owned()).collect(),
                "sql" => step.sql = Some(value.to_owned()),
                "save" => {
                    let (name, path) =
                        value.split_once('=').ok_or_else(|| format!("### {}: save name = path", raw.title))?;
                    step.save.push((name.trim().to_owned(), path.trim().to_owned()));
                }
                _ => return Err(format!("### {}: there is no option {name}", raw.title)),
            }
        }
        step.body = self.with_fragments(self.fill(&raw.body)?);
        if step.sql.is_some() != step.body.is_empty() {
            return Err(format!("### {}: a step is either an operation or SQL", raw.title));
        }
        Ok(step)
    }

    /// Puts the saved values and the IDs of the world in place of `${…}`.
    fn fill(&self, text: &str) -> Result<String, String> {
        let mut parts = text.split("${");
        let mut filled = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (name, rest) = part.split_once('}').ok_or_else(|| format!("${{{part} has no end"))?;
            let saved = self.saved.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.clone());
            let value = saved.or_else(|| world_id(name)).ok_or_else(|| format!("${{{name}}} was not saved"))?;
            filled.push_str(&value);
            filled.push_str(rest);
        }
        Ok(filled)
    }

    /// Appends the fragments that the document names, and those that these name.
    fn with_fragments(&self, mut body: String) -> String {
        let mut sent: Vec<&str> = Vec::new();
        while let Some((name, text)) =
            self.fragments.iter().find(|(name, _)| !sent.contains(&name.as_str()) && names(&body, name))
        {
            body.push_str(text);
            sent.push(name);
        }
        body
    }
}

/// The ID of a row of the world: `contact.marta` as a global ID, `uuid.marta` as a raw UUID.
fn world_id(name: &str) -> Option<String> {
    let (prefix, name) = name.split_once('.')?;
    let global = format!("{prefix}_{name:0>26}");
    let (_, id) = split_id(&global)?;
    Some(if prefix == "uuid" { id.to_string() } else { global })
}

/// Whether a document spreads this fragment.
fn names(body: &str, name: &str) -> bool {
    body.match_indices(&format!("...{name}")).any(|(place, found)| {
        !body[place + found.len()..].starts_with(|next: char| next.is_ascii_alphanumeric() || next == '_')
    })
}

/// Splits a text into fragments; each begins with a line `fragment Name on …`.
fn fragments(text: &str) -> Vec<(String, String)> {
    let mut fragments: Vec<(String, String)> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some(rest) = line.strip_prefix("fragment ") {
            fragments.push((rest.split_whitespace().next().unwrap_or_default().to_owned(), String::new()));
        }
        if let Some((_, text)) = fragments.last_mut() {
            text.push_str(line);
            text.push('\n');
        }
    }
    fragments
}

fn who(text: &str) -> Result<Who, String> {
    match (text, text.split_once('@')) {
        ("nobody", _) => Ok(Who::Nobody),
        ("a stranger", _) => Ok(Who::Stranger),
        (_, Some((name, tenant))) => Ok(Who::Someone { name: name.to_owned(), tenant: tenant.to_owned() }),
        _ => Err(format!("as {text}: who is that? Write ana@autos, nobody or a stranger")),
    }
}

pub(super) fn field<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    match value {
        Value::Object(map) => map.get(name),
        _ => None,
    }
}

/// The value at a path such as `contacts.edges.0.cursor` in the answer's data, as text.
pub(super) fn at(answer: &Value, path: &str) -> Option<String> {
    let value = path.split('.').try_fold(field(answer, "data")?, |value, part| match value {
        Value::List(items) => items.get(part.parse::<usize>().ok()?),
        value => field(value, part),
    })?;
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// SQL in which global IDs are written as UUIDs.
pub(super) fn with_uuids(sql: &str) -> String {
    sql.split_inclusive('\'')
        .map(|part| match split_id(part.trim_end_matches('\'')) {
            Some((Some(_), id)) => format!("{id}'"),
            _ => part.to_owned(),
        })
        .collect()
}
