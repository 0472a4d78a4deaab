//! Custom fields: which attributes the contacts of a business have.

use entity::{Choice, entity};

/// What an attribute of a contact may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum CustomFieldType {
    /// Any text.
    Text,
    /// A JSON number.
    Number,
    /// True or false.
    Boolean,
    /// A day, as YYYY-MM-DD.
    Date,
    /// A point in time in RFC 3339 form, with its offset.
    Datetime,
    /// One of the options.
    Select,
    /// A list of options, each at most once.
    MultiSelect,
    /// A web address.
    Url,
    /// An e-mail address.
    Email,
    /// A phone number in E.164 form.
    Phone,
}

/// A key that `Contact.attributes` may have. Attributes without a custom field are refused.
#[entity(
    table = custom_fields,
    process = CONTACTS,
    create = ADMIN,
    update = ADMIN,
    delete = ADMIN,
    order_by(display_order)
)]
pub struct CustomField {
    /// The key in `attributes`: a letter, then up to 62 letters, digits and underscores; unique in the business.
    #[field(create_only)]
    pub field_name: String,
    /// What agents see beside the value.
    pub field_label: String,
    /// What the value has to be.
    pub field_type: CustomFieldType,
    /// Whether the key must be there when attributes are written.
    #[field(default)]
    pub required: bool,
    /// The texts to choose from, a JSON array; for SELECT and MULTI_SELECT, null for all others.
    pub options: Option<serde_json::Value>,
    /// Place in forms, from small to large.
    #[field(default)]
    pub display_order: i32,
}
