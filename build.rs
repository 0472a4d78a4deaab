//! Tells cargo what the library embeds beside its own sources.

fn main() {
    // `embed_migrations!` reads this folder; the compiler does not notice a new file in it.
    println!("cargo::rerun-if-changed=migrations");
}
