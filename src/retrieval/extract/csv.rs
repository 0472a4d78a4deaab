//! Tables in text files.

use super::NoText;

/// What may stand between cells.
const DELIMITERS: [char; 4] = [',', ';', '\t', '|'];

/// A line for each row, in which each cell says what it is: a row must make sense without the head of the table.
pub(super) fn text_of(table: &str) -> Result<String, NoText> {
    let first_line = table.lines().next().unwrap_or_default();
    let count = |delimiter: char| first_line.matches(delimiter).count();
    let delimiter = DELIMITERS.into_iter().rev().max_by_key(|delimiter| count(*delimiter)).unwrap_or(',');
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(u8::try_from(delimiter).unwrap_or(b','))
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(table.as_bytes());
    let names = reader.headers().map_err(|_| NoText::Unreadable)?.clone();
    let mut text = String::with_capacity(table.len() * 2);
    for row in reader.records() {
        let row = row.map_err(|_| NoText::Unreadable)?;
        let cells = row.iter().enumerate().filter(|(_, cell)| !cell.is_empty()).map(|(index, cell)| {
            match names.get(index).filter(|name| !name.is_empty()) {
                Some(name) => format!("{name}: {cell}"),
                None => cell.to_owned(),
            }
        });
        text.push_str(&cells.collect::<Vec<_>>().join("; "));
        text.push('\n');
    }
    // A head alone is a line.
    if text.is_empty() { Ok(names.iter().collect::<Vec<_>>().join("; ")) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_says_what_its_cells_are() {
        let text = text_of("modelo;precio;notas\nIbiza;12.900;\"azul; casi nuevo\"\nLeón;;\n").unwrap();
        assert_eq!(text, "modelo: Ibiza; precio: 12.900; notas: azul; casi nuevo\nmodelo: León\n");
        assert_eq!(text_of("a,b\n1,2,3\n").unwrap(), "a: 1; b: 2; 3\n");
        assert_eq!(text_of("a\tb\n").unwrap(), "a; b");
    }
}
