//! Mistakes in enums.

use super::choice_mistakes;

#[track_caller]
fn says(source: &str, expected: &str) {
    assert_eq!(choice_mistakes(source), [expected], "{source}");
}

#[test]
fn an_enum_without_mistakes_says_nothing() {
    assert_eq!(choice_mistakes("/// A state.\nenum State {\n    /// New.\n    New,\n}"), [""; 0]);
}

#[test]
fn enums_and_values_have_descriptions() {
    let expected = "1:6 State — an enum needs a doc comment: it is its GraphQL description";
    says("enum State {\n    /// New.\n    New,\n}", expected);
    let expected = "4:5 Old — a value needs a doc comment: it is its GraphQL description";
    says("/// A state.\nenum State { /** New. */ New,\n\n    Old,\n}", expected);
}

#[test]
fn a_choice_is_one_word() {
    let expected = "4:5 New — a choice has no data: it is one word in a text column";
    says("/// A state.\nenum State {\n    /// New.\n    New(i32),\n}", expected);
    says("/// A state.\nstruct State;", "2:8 State — Choice is for enums: a choice is one word in a text column");
    says("/// A state.\nenum State {}", "2:6 State — a choice needs a value to choose");
    let expected = "2:11 <T> — a choice has no type parameters and no lifetimes";
    says("/// A state.\nenum State<T> {\n    /// New.\n    New,\n}", expected);
}
