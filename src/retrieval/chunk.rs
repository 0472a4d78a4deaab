//! Cuts a text into chunks: passages short enough to be about one thing, long enough to be understood alone.
//!
//! A chunk is a slice of the text. It ends at the end of a paragraph where it can, else of a sentence, a word, anywhere.
//! The next one begins a little earlier, so that what is said across a cut stands whole in one of the two.

use std::ops::Range;

/// Longest chunk, in characters: about 250 tokens of Spanish or English.
const MOST: usize = 1000;

/// How much of a chunk the next one may repeat, in characters.
const OVERLAP: usize = 150;

/// The chunks of a text, in its order.
pub(super) fn chunks(text: &str) -> Vec<&str> {
    slices(text, MOST, OVERLAP).into_iter().map(|slice| text[slice].trim()).collect()
}

fn slices(text: &str, most: usize, overlap: usize) -> Vec<Range<usize>> {
    let units = units(text, most);
    let mut slices = Vec::new();
    let mut first = 0;
    while first < units.len() {
        let mut last = first;
        while last + 1 < units.len() && length(text, &(units[first].start..units[last + 1].end)) <= most {
            last += 1;
        }
        slices.push(units[first].start..units[last].end);
        if last + 1 == units.len() {
            break;
        }
        // The next one begins with the last units of this one, as long as there is room for what comes.
        let mut next = last + 1;
        while next > first + 1
            && length(text, &(units[next - 1].start..units[last].end)) <= overlap
            && length(text, &(units[next - 1].start..units[last + 1].end)) <= most
        {
            next -= 1;
        }
        first = next;
    }
    slices
}

fn length(text: &str, slice: &Range<usize>) -> usize {
    text[slice.clone()].chars().count()
}

/// What is not torn apart: sentences, and words of those that are too long, and pieces of words that are. All that is
/// between them is space.
fn units(text: &str, most: usize) -> Vec<Range<usize>> {
    let mut units = Vec::new();
    for paragraph in split(text, 0..text.len(), |rest| rest.find("\n\n").map(|at| at + 2)) {
        if length(text, &paragraph) <= most / 2 {
            units.push(paragraph);
            continue;
        }
        for sentence in split(text, paragraph, end_of_sentence) {
            if length(text, &sentence) <= most {
                units.push(sentence);
                continue;
            }
            for word in split(text, sentence, |rest| rest.find(char::is_whitespace).map(|at| at + 1)) {
                let mut piece = word;
                while let Some((at, _)) = text[piece.clone()].char_indices().nth(most) {
                    units.push(piece.start..piece.start + at);
                    piece.start += at;
                }
                units.push(piece);
            }
        }
    }
    units
}

/// Splits a part of a text where `end` says that the first piece of the rest ends, and drops the space around pieces.
fn split(text: &str, part: Range<usize>, end: impl Fn(&str) -> Option<usize>) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let mut start = part.start;
    while start < part.end {
        let rest = &text[start..part.end];
        let length =
            end(rest).map_or(rest.len(), |at| (at..=rest.len()).find(|at| rest.is_char_boundary(*at)).unwrap_or(at));
        let piece = &rest[..length];
        let from = start + (piece.len() - piece.trim_start().len());
        let to = start + piece.trim_end().len();
        if from < to {
            pieces.push(from..to);
        }
        start += length;
    }
    pieces
}

/// Where the first sentence ends: behind a mark that a space follows, or at a line break.
fn end_of_sentence(text: &str) -> Option<usize> {
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        let is_followed_by_space = letters.peek().is_none_or(|(_, next)| next.is_whitespace());
        if letter == '\n' || (matches!(letter, '.' | '!' | '?' | '…' | ';') && is_followed_by_space) {
            return Some(at + letter.len_utf8());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_short_text_is_one_chunk() {
        assert_eq!(chunks(" Una frase. Otra. \n\n Y un párrafo.\n"), ["Una frase. Otra. \n\n Y un párrafo."]);
        assert_eq!(chunks(" \n\n "), Vec::<&str>::new());
    }

    #[test]
    fn chunks_end_where_sentences_end() {
        let sentence = |number: usize| format!("Esta es la frase número {number} de un texto largo. ");
        let text: String = (0..100).map(sentence).collect();
        let chunks = chunks(&text);
        assert!(chunks.len() > 4);
        assert!(chunks.iter().all(|chunk| chunk.starts_with("Esta") && chunk.ends_with("largo.")), "{chunks:#?}");
        // The last sentences of one are the first of the next.
        assert!(chunks.windows(2).all(|pair| pair[0].contains(pair[1].split_inclusive(". ").next().unwrap().trim())));
    }

    proptest! {
        #[test]
        fn no_word_is_lost_and_no_chunk_is_too_long(
            text in "([a-zñé.!? \n]|[A-Z]{1,40}|\n\n|\\PC){0,400}", most in 8usize..60, overlap in 0usize..8,
        ) {
            let slices = slices(&text, most, overlap);
            let mut covered = 0;
            for slice in &slices {
                prop_assert!(length(&text, slice) <= most);
                prop_assert!(!text[slice.clone()].trim().is_empty());
                if slice.start > covered {
                    prop_assert!(text[covered..slice.start].trim().is_empty(), "lost: {:?}", &text[covered..slice.start]);
                }
                prop_assert!(slice.end > covered, "each goes further than the one before");
                covered = slice.end;
            }
            prop_assert!(text[covered..].trim().is_empty());
        }
    }
}
