//! An answer while it is being written: what was said, what of it is kept already, and at which positions.
//!
//! Positions count characters (Unicode code points, as PostgreSQL's `length` does); a call of a tool takes one. They begin
//! where the present attempt began, so they never go back.

use serde::{Deserialize, Serialize};

use crate::models::{Tokens, ToolCall};

/// Longest answer, in bytes.
const MAX_BYTES: usize = 1 << 20;

/// The call of a tool, and how much of the answer came before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PlacedCall {
    /// Position in the answer, counted from its beginning.
    pub(super) at: i32,
    #[serde(flatten)]
    pub(super) call: ToolCall,
}

/// Something that is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    Text(String),
    ToolCall(ToolCall),
}

/// A piece that is to be kept, or was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chunk {
    /// Where it ends; it begins as many positions before as it has characters.
    pub(super) ends_at: i32,
    pub(super) said: Said,
}

/// An answer that is being written.
#[derive(Debug)]
pub(super) struct Pen {
    pub(super) begins_at: i32,
    pub(super) content: String,
    pub(super) calls: Vec<PlacedCall>,
    ends_at: i32,
    /// What was said and is not kept yet.
    news: Vec<Chunk>,
}

impl Said {
    /// How many positions it takes.
    pub(super) fn length(&self) -> i32 {
        match self {
            Self::Text(text) => i32::try_from(text.chars().count()).unwrap_or(i32::MAX),
            Self::ToolCall(_) => 1,
        }
    }
}

impl Pen {
    pub(super) fn new(begins_at: i32) -> Self {
        Self { begins_at, content: String::new(), calls: Vec::new(), ends_at: begins_at, news: Vec::new() }
    }

    /// Some more text; `false` when there is no room for it.
    pub(super) fn text(&mut self, text: &str) -> bool {
        // The database's texts have no such character.
        let text = text.replace('\0', "");
        if self.content.len() + text.len() > MAX_BYTES {
            return false;
        }
        self.content.push_str(&text);
        if let Some(Chunk { ends_at, said: Said::Text(last) }) = self.news.last_mut() {
            last.push_str(&text);
            self.ends_at += Said::Text(text).length();
            *ends_at = self.ends_at;
        } else if !text.is_empty() {
            self.say(Said::Text(text));
        }
        true
    }

    /// The call of a tool.
    pub(super) fn tool_call(&mut self, call: ToolCall) {
        self.calls.push(PlacedCall { at: self.ends_at - self.begins_at, call: call.clone() });
        self.say(Said::ToolCall(call));
    }

    fn say(&mut self, said: Said) {
        self.ends_at += said.length();
        self.news.push(Chunk { ends_at: self.ends_at, said });
    }

    /// Where the answer ends so far.
    #[cfg(test)]
    fn ends_at(&self) -> i32 {
        self.ends_at
    }

    /// Whether nothing was said.
    pub(super) fn is_empty(&self) -> bool {
        self.content.is_empty() && self.calls.is_empty()
    }

    /// Whether there is something to keep.
    pub(super) fn has_news(&self) -> bool {
        !self.news.is_empty()
    }

    /// What is to be kept.
    pub(super) fn news(&self) -> &[Chunk] {
        &self.news
    }

    /// All of it is kept.
    pub(super) fn kept(&mut self) {
        self.news.clear();
    }

    /// About how many tokens were written.
    pub(super) fn estimated_tokens(&self) -> u32 {
        let calls = self.calls.iter().map(|placed| Tokens::estimated(&placed.call.arguments));
        calls.fold(Tokens::estimated(&self.content), u32::saturating_add)
    }
}

/// The pieces of a whole answer that come behind a position, which is counted from its beginning.
pub(super) fn behind(content: &str, calls: &[PlacedCall], position: i32) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    let (mut letters, mut place) = (content.chars(), 0);
    let mut push = |said: Said, place: &mut i32| {
        *place += said.length();
        chunks.extend(cut(Chunk { ends_at: *place, said }, position));
    };
    for PlacedCall { at, call } in calls {
        let count = usize::try_from(at - place).unwrap_or(0);
        let text: String = letters.by_ref().take(count).collect();
        push(Said::Text(text), &mut place);
        push(Said::ToolCall(call.clone()), &mut place);
    }
    push(Said::Text(letters.collect()), &mut place);
    chunks
}

/// What of a piece comes behind a position.
pub(super) fn cut(chunk: Chunk, position: i32) -> Option<Chunk> {
    if chunk.ends_at <= position || chunk.said.length() == 0 {
        return None;
    }
    let Chunk { ends_at, said } = chunk;
    let known = usize::try_from(position - (ends_at - said.length())).unwrap_or(0);
    let said = match said {
        Said::Text(text) => Said::Text(text.chars().skip(known).collect()),
        call @ Said::ToolCall(_) => call,
    };
    Some(Chunk { ends_at, said })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn call(id: usize) -> ToolCall {
        ToolCall { id: format!("call_{id}"), name: "stock".to_owned(), arguments: "{}".to_owned() }
    }

    /// Says things: texts, and `None` for calls of tools; keeps after each as it is told.
    fn written(begins_at: i32, says: &[(Option<String>, bool)]) -> (Pen, Vec<Chunk>) {
        let (mut pen, mut kept) = (Pen::new(begins_at), Vec::new());
        for (number, (text, is_kept)) in says.iter().enumerate() {
            match text {
                Some(text) => assert!(pen.text(text)),
                None => pen.tool_call(call(number)),
            }
            if *is_kept {
                kept.extend(pen.news().to_vec());
                pen.kept();
            }
        }
        kept.extend(pen.news().to_vec());
        (pen, kept)
    }

    /// Everything in one: texts as they are, calls as their IDs in brackets.
    fn told(chunks: &[Chunk]) -> String {
        let tell = |chunk: &Chunk| match &chunk.said {
            Said::Text(text) => text.clone(),
            Said::ToolCall(call) => format!("[{}]", call.id),
        };
        chunks.iter().map(tell).collect()
    }

    #[test]
    fn an_answer_is_full_at_a_megabyte() {
        let mut pen = Pen::new(0);
        assert!(pen.text(&"ñ".repeat(MAX_BYTES / 2)));
        assert!(!pen.text("x"));
        assert_eq!(pen.ends_at(), i32::try_from(MAX_BYTES / 2).unwrap());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn from_any_position_on_pieces_and_message_tell_the_same(
            says in prop::collection::vec((prop::option::of("[a-zñ€😀 \0]{0,6}"), any::<bool>()), 0..12),
            begins_at in 0..50,
            position in 0..90,
        ) {
            let (pen, kept) = written(begins_at, &says);
            prop_assert_eq!(kept.last().map_or(begins_at, |chunk| chunk.ends_at), pen.ends_at());
            let pieces: Vec<Chunk> = kept.into_iter().filter_map(|chunk| cut(chunk, begins_at + position)).collect();
            let whole = behind(&pen.content, &pen.calls, position);
            prop_assert_eq!(told(&pieces), told(&whole));
            if let (Some(piece), Some(chunk)) = (pieces.last(), whole.last()) {
                prop_assert_eq!(piece.ends_at, begins_at + chunk.ends_at);
            }
        }
    }
}
