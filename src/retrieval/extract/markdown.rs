//! Markdown.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// What a document says, a block a paragraph.
pub(super) fn text_of(document: &str) -> String {
    let mut text = String::with_capacity(document.len());
    for event in
        Parser::new_ext(document, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_FOOTNOTES)
    {
        match event {
            Event::Text(part) | Event::Code(part) => text.push_str(&part),
            Event::SoftBreak
            | Event::HardBreak
            | Event::Start(Tag::Item)
            | Event::End(TagEnd::TableRow | TagEnd::TableHead) => {
                text.push('\n');
            }
            Event::End(TagEnd::TableCell) => text.push_str(" | "),
            Event::End(
                TagEnd::Paragraph
                | TagEnd::Heading(_)
                | TagEnd::CodeBlock
                | TagEnd::List(_)
                | TagEnd::Table
                | TagEnd::BlockQuote(_),
            ) => text.push_str("\n\n"),
            _ => {}
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_loses_its_marks_and_keeps_its_words() {
        let text = text_of(
            "# Visitas\n\nLlama *antes* a [Ana](https://x.test).\n\n- lunes\n- martes\n\n`codigo` y\n\n```sh\nls -l\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n",
        );
        for said in ["Visitas\n\n", "Llama antes a Ana.", "\nlunes", "\nmartes", "codigo y", "ls -l", "1 | 2"] {
            assert!(text.contains(said), "{said:?}: {text:?}");
        }
        for mark in ["#", "*", "https", "```", "---"] {
            assert!(!text.contains(mark), "{mark:?}: {text:?}");
        }
    }
}
