//! A mail's subject and text, plain and as simple HTML.

use serde::{Deserialize, Serialize};

use super::letter::Locale;

/// What a mail says. It may hold a token, so it is stored sealed and never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// The subject, one line.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
}

/// The sentences of a mail, before the link is put in and they become text and HTML.
pub(super) struct Draft {
    pub(super) subject: String,
    /// What it is about; a paragraph each.
    pub(super) before: Vec<String>,
    /// What following the link does.
    pub(super) action: &'static str,
    /// What else to know; a paragraph each.
    pub(super) after: Vec<String>,
}

impl Draft {
    pub(super) fn finish(self, locale: Locale, link: &str) -> Content {
        let subject = one_line(&self.subject);
        let (before, after): (Vec<_>, Vec<_>) = (
            self.before.iter().map(|text| one_line(text)).collect(),
            self.after.iter().map(|text| one_line(text)).collect(),
        );
        let mut text = before.join("\n\n");
        text.push_str(&format!("\n\n{}:\n{link}\n\n", self.action));
        text.push_str(&after.join("\n\n"));
        text.push('\n');

        let paragraphs = |sentences: &[String]| -> String {
            sentences.iter().map(|sentence| format!("<p>{}</p>\n", escape(sentence))).collect()
        };
        let (link, action) = (escape(link), escape(self.action));
        let html = format!(
            "<!doctype html>\n<html lang=\"{language}\">\n<head><meta charset=\"utf-8\"><title>{title}</title></head>\n\
             <body style=\"font-family: sans-serif; line-height: 1.5; max-width: 36em; margin: 2em auto; padding: 0 1em\">\n\
             {before}<p><a href=\"{link}\" style=\"display: inline-block; padding: .6em 1.2em; border-radius: .3em; \
             background: #1d4ed8; color: #ffffff; text-decoration: none\">{action}</a></p>\n\
             <p style=\"font-size: .85em; word-break: break-all\">{link}</p>\n{after}</body>\n</html>\n",
            language = locale.code(),
            title = escape(&subject),
            before = paragraphs(&before),
            after = paragraphs(&after),
        );
        Content { subject, text, html }
    }
}

/// Names come from people: a line break in one must not begin a header or a paragraph of its own.
fn one_line(text: &str) -> String {
    let spaced: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

impl std::fmt::Debug for Content {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Content(…)")
    }
}
