//! Writes an event as the complete document of a response.

use async_graphql::{Name, PathSegment};
use uuid::Uuid;

use super::load::EventRows;
use super::plan::{EventPlan, FieldPlan, ObjectPlan};
use super::{Event, Presence, ROW, Value};
use crate::answer::{Answer, Missing};
use crate::roots::MadeAnswer;

const NOT_VISIBLE: &str = "This object is not visible to you, and the field cannot be empty.";

impl EventPlan {
    /// The document of one event: `{"data":{"<key>":…}}`, with errors where something that cannot be null is not visible.
    #[must_use]
    pub fn document(&self, key: &Name, event: &Event, rows: &EventRows) -> String {
        let mut writer = Writer { plan: self, rows, answer: Answer::default(), path: Vec::new() };
        writer.answer.json.push_str("{\"data\":{\"");
        writer.answer.json.push_str(key.as_str());
        writer.answer.json.push_str("\":");
        writer.path.push(PathSegment::Field(key.to_string()));
        let whole = match (self.row, event.values.as_slice()) {
            (Some(lookup), [Value::Row(_, id)]) if std::ptr::eq(event.ty, &ROW) => writer.row(lookup, *id),
            _ => match self.object(event.ty) {
                Some(plan) => writer.object(plan, event),
                None => Err(Missing),
            },
        };
        let Answer { mut json, missing, refused, .. } = writer.answer;
        match whole {
            Ok(()) => json.push('}'),
            Err(Missing) => json = String::from("{\"data\":null"),
        }
        let unseen = missing.iter().map(|path| (path, NOT_VISIBLE, "FORBIDDEN"));
        let refused = refused.iter().map(|(path, why)| (path, why.message.as_ref(), why.code));
        let mut errors = refused.chain(unseen).peekable();
        if errors.peek().is_some() {
            json.push_str(",\"errors\":[");
            for (index, (path, message, code)) in errors.enumerate() {
                json.push_str(if index > 0 { "," } else { "" });
                let error = serde_json::json!({ "message": message, "path": path, "extensions": { "code": code } });
                json.push_str(&error.to_string());
            }
            json.push(']');
        }
        json.push('}');
        json
    }
}

impl EventPlan {
    /// Writes an event into the answer to a root field, below which it stands at this path. When something in it cannot be
    /// null and is not visible, null stands for the whole event.
    pub fn value(&self, event: &Event, rows: &EventRows, path: Vec<PathSegment>, answer: &mut MadeAnswer) {
        let mut writer = Writer { plan: self, rows, answer: Answer::default(), path };
        let whole = match self.object(event.ty) {
            Some(plan) => writer.object(plan, event),
            None => Err(Missing),
        };
        answer.json.push_str(if whole.is_ok() { &writer.answer.json } else { "null" });
        answer.missing.append(&mut writer.answer.missing);
        answer.refused.append(&mut writer.answer.refused);
    }
}

struct Writer<'w> {
    plan: &'w EventPlan,
    rows: &'w EventRows,
    answer: Answer,
    path: Vec<PathSegment>,
}

impl Writer<'_> {
    fn object(&mut self, plan: &ObjectPlan, event: &Event) -> Result<(), Missing> {
        self.answer.json.push('{');
        for (index, (key, field)) in plan.fields.iter().enumerate() {
            // Response keys are GraphQL names: nothing to escape.
            self.answer.json.push_str(if index > 0 { ",\"" } else { "\"" });
            self.answer.json.push_str(key.as_str());
            self.answer.json.push_str("\":");
            self.path.push(PathSegment::Field(key.to_string()));
            self.field(plan, field, event)?;
            self.path.pop();
        }
        self.answer.json.push('}');
        Ok(())
    }

    fn field(&mut self, plan: &ObjectPlan, field: &FieldPlan, event: &Event) -> Result<(), Missing> {
        let value = |index: &usize| event.values.get(*index).unwrap_or(&Value::Null);
        match field {
            FieldPlan::Typename => {
                self.answer.json.push('"');
                self.answer.json.push_str(plan.name);
                self.answer.json.push('"');
                Ok(())
            }
            FieldPlan::Leaf { value: index } => {
                self.answer.json.push_str(if let Value::Json(json) = value(index) { json } else { "null" });
                Ok(())
            }
            FieldPlan::Row { value: index, lookup, presence } => match value(index) {
                Value::Row(_, id) => self.present(*lookup, *id, *presence),
                _ => self.absent(*presence),
            },
            FieldPlan::Node { value: index, lookups } => match value(index) {
                Value::Row(entity, id) => match lookups.get(entity) {
                    Some(lookup) => self.present(*lookup, *id, Presence::Optional),
                    None => self.absent(Presence::Optional),
                },
                _ => self.absent(Presence::Optional),
            },
            FieldPlan::Object { value: index, plan } => match value(index) {
                Value::Object(inner) => self.object(plan, inner),
                Value::Objects(all) => {
                    self.answer.json.push('[');
                    for (index, inner) in all.iter().enumerate() {
                        self.answer.json.push_str(if index > 0 { "," } else { "" });
                        self.path.push(PathSegment::Index(index));
                        self.object(plan, inner)?;
                        self.path.pop();
                    }
                    self.answer.json.push(']');
                    Ok(())
                }
                _ => self.absent(Presence::Optional),
            },
        }
    }

    /// A row; where null is a value, that stands for one that cannot be written.
    fn present(&mut self, lookup: usize, id: Uuid, presence: Presence) -> Result<(), Missing> {
        if self.rows.get(lookup, id).is_none() {
            return self.absent(presence);
        }
        let length = self.answer.json.len();
        match (self.row(lookup, id), presence) {
            (Err(Missing), Presence::Optional) => {
                self.answer.json.truncate(length);
                self.answer.json.push_str("null");
                Ok(())
            }
            (outcome, _) => outcome,
        }
    }

    fn absent(&mut self, presence: Presence) -> Result<(), Missing> {
        match presence {
            Presence::Optional => {
                self.answer.json.push_str("null");
                Ok(())
            }
            Presence::Required => {
                self.answer.missing.push(self.path.clone());
                Err(Missing)
            }
        }
    }

    fn row(&mut self, lookup: usize, id: Uuid) -> Result<(), Missing> {
        let Some((loaded, row)) = self.rows.get(lookup, id) else { return self.absent(Presence::Required) };
        let (known, refused) = (self.answer.missing.len(), self.answer.refused.len());
        let whole = self.answer.looked_up(&self.plan.lookups[lookup], loaded, row);
        // The row knows its own path only.
        for path in &mut self.answer.missing[known..] {
            path.splice(0..0, self.path.iter().cloned());
        }
        for (path, _) in &mut self.answer.refused[refused..] {
            path.splice(0..0, self.path.iter().cloned());
        }
        whole
    }
}
