#!/usr/bin/env python3
"""What entities cost the compiler.

    benches/compile-cost/measure.py [--entities 100] [--folder DIR] [--repository DIR]

Generates a crate of tables and a crate of entities (twelve columns, one of them an enum, and two relations each) over
this repository's engine, in a temporary folder with a target directory of its own, and prints what cargo used: CPU
seconds of all processes, and the peak memory of the largest one, which is rustc. Everything is measured twice, for all
and for half of the entities; the difference gives the price of one more.

With --repository it also edits one entity of that checkout (the description of a field; restored afterwards) and
measures the rebuild of the whole binary.
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parents[2]
EDITED = "src/properties/media.rs"

# Name, SQL type, Rust type, attribute.
COLUMNS = [
    ("title", "Text", "String", "#[field(folded)]"),
    ("note", "Nullable<Text>", "Option<String>", ""),
    ("amount", "Numeric", "Decimal", "#[field(default)]"),
    ("discount", "Nullable<Numeric>", "Option<Decimal>", ""),
    ("rank", "Integer", "i32", "#[field(default)]"),
    ("size", "Nullable<Integer>", "Option<i32>", ""),
    ("views", "BigInt", "i64", "#[field(read_only)]"),
    ("is_public", "Bool", "bool", "#[field(default)]"),
    ("starts_at", "Timestamptz", "DateTime<Utc>", ""),
    ("ended_at", "Nullable<Timestamptz>", "Option<DateTime<Utc>>", "#[field(read_only)]"),
    ("facts", "Nullable<Jsonb>", "Option<serde_json::Value>", "#[field(no_filter)]"),
]
BASE = [
    ("id", "Uuid"), ("tenant_id", "Uuid"), ("version", "Integer"), ("created_at", "Timestamptz"),
    ("updated_at", "Timestamptz"), ("deleted_at", "Nullable<Timestamptz>"), ("deleted_by_id", "Nullable<Uuid>"),
]

MAIN = """//! Prints the schema, so that everything is linked.

use std::sync::OnceLock;

use async_graphql::EmptySubscription;
use entity::model::Model;
use entity::roots::{EntityMutation, EntityQuery, Schema};

struct Hundred;

impl Schema for Hundred {
    fn model() -> &'static Model {
        static MODEL: OnceLock<&'static Model> = OnceLock::new();
        MODEL.get_or_init(|| Model::link(&[&entities::processes::THINGS], &entities::all(), &[]).unwrap())
    }
}

fn main() {
    let (query, mutation) = (EntityQuery::<Hundred>::default(), EntityMutation::<Hundred>::default());
    println!("{}", async_graphql::Schema::build(query, mutation, EmptySubscription).finish().sdl());
}
"""

PROCESSES = """
/// The only process.
pub mod processes {
    use entity::access::ProcessDecl;

    /// All things.
    pub static THINGS: ProcessDecl = ProcessDecl {
        number: 0,
        code: "THINGS",
        name: "Things",
        doc: "All things.",
        route: None,
        parent: None,
        personal: false,
    };
}
"""


def entity(number, count):
    one, other = (number + 1) % count, (number + 7) % count
    text = f"""//! Thing {number}.

use chrono::{{DateTime, Utc}};
use entity::{{Choice, Ref, entity}};
use rust_decimal::Decimal;

use crate::thing{one}::Thing{one};
use crate::thing{other}::Thing{other};

/// How far thing {number} has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum Stage{number} {{
"""
    for stage in ("New", "Planned", "Running", "Halted", "Done"):
        text += f"    /// It is {stage.lower()}.\n    {stage},\n"
    text += f"}}\n\n/// Thing number {number}, which stands for any table.\n#[entity(table = things{number}, process = THINGS, soft_delete)]\n"
    text += f"pub struct Thing{number} {{\n"
    for name, _, rust, attribute in COLUMNS:
        text += f"    /// What `{name}` says about the thing.\n"
        text += f"    {attribute}\n" if attribute else ""
        text += f"    pub {name}: {rust},\n"
    text += f"    /// How far it has come.\n    #[field(transition = \"changeThing{number}Stage\", with(note))]\n"
    text += f"    pub stage: Stage{number},\n"
    for name, target, optional in (("parent", one, False), ("friend", other, True)):
        kind = f"Option<Ref<Thing{target}>>" if optional else f"Ref<Thing{target}>"
        text += f"    /// Its {name}.\n"
        text += f"    #[belongs_to(inverse = \"{name}OfThing{number}\", doc = \"Things {number} that have it as {name}.\")]\n"
        text += f"    pub {name}: {kind},\n"
    return text + "}\n"


def table(number):
    columns = BASE + [(name, sql) for name, sql, _, _ in COLUMNS]
    columns += [("stage", "Text"), ("parent_id", "Uuid"), ("friend_id", "Nullable<Uuid>")]
    lines = "".join(f"        {name} -> {sql},\n" for name, sql in columns)
    return f"\ndiesel::table! {{\n    things{number} (tenant_id, id) {{\n{lines}    }}\n}}\n"


def section(manifest, name):
    """The lines of a section of this repository's manifest."""
    found = re.search(rf"^\[{re.escape(name)}\]\n(.*?)(?=^\[|\Z)", manifest, re.S | re.M)
    return found.group(1).strip() if found else ""


def generate(folder, count):
    manifest = (HERE / "Cargo.toml").read_text()
    outside = [line for line in section(manifest, "workspace.dependencies").splitlines() if " path = " not in line]
    inherited = re.findall(r"^\[((?:workspace\.(?:package|lints)|profile\.dev)[^\]]*)\]$", manifest, re.M)
    members = ["entity", "entity-macros", "tables", "entities"]
    workspace = f"[workspace]\nmembers = {members}\nresolver = \"3\"\n\n[workspace.dependencies]\n"
    workspace += "\n".join(outside) + "\n"
    workspace += "".join(f"{name} = {{ path = \"{name}\" }}\n" for name in members[:3])
    workspace += "".join(f"\n[{name}]\n{section(manifest, name)}\n" for name in inherited)
    package = "[package]\nname = \"{}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\n"
    dependency = "{} = {{ workspace = true }}\n"
    uses = ["async-graphql", "chrono", "diesel", "entity", "rust_decimal", "serde_json", "tables", "uuid"]
    modules = "".join(f"pub mod thing{n};\n" for n in range(count))
    names = "".join(f"        thing{n}::Thing{n}::decl(),\n" for n in range(count))
    library = f"//! Entities.\n\nuse entity::Entity;\nuse entity::declare::EntityDecl;\n\n{modules}\n"
    library += f"/// All of them.\npub fn all() -> Vec<&'static EntityDecl> {{\n    vec![\n{names}    ]\n}}\n"
    library += PROCESSES
    files = {
        "Cargo.toml": workspace,
        "tables/Cargo.toml": package.format("tables") + dependency.format("diesel"),
        "tables/src/lib.rs": "//! Tables.\n" + "".join(table(n) for n in range(count)),
        "entities/Cargo.toml": package.format("entities") + "".join(dependency.format(name) for name in uses),
        "entities/src/lib.rs": library,
        "entities/src/main.rs": MAIN,
    }
    files |= {f"entities/src/thing{n}.rs": entity(n, count) for n in range(count)}
    for crate in members:
        shutil.rmtree(folder / crate, ignore_errors=True)
    # Copies, so that nobody has to stop working on the engine meanwhile.
    for crate in members[:2]:
        shutil.copytree(HERE / crate, folder / crate)
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    shutil.copy(HERE / "Cargo.lock", folder / "Cargo.lock")


def cargo(folder, *arguments, shared_target=False):
    """Runs cargo; CPU seconds of it and all it started, and the peak memory of the largest in MB."""
    environment = {key: value for key, value in os.environ.items() if key != "CARGO_TARGET_DIR" or shared_target}
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(["cargo", *arguments], cwd=folder, env=environment, stdout=output, stderr=output)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            sys.exit(f"cargo {' '.join(arguments)}:\n{output.read().decode(errors='replace')}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def edit(path, number):
    """Changes the first description in the file."""
    lines = path.read_text().split("\n")
    place = next(index for index, line in enumerate(lines) if line.startswith("    /// "))
    lines[place] += f" Edit {number}."
    path.write_text("\n".join(lines))


def measure(folder, count):
    generate(folder, count)
    found = {}
    cargo(folder, "build")  # The dependencies, and whatever else is not measured.
    for name, crate, command in [
        ("cargo check, tables", "tables", ["check", "-p", "tables"]),
        ("cargo check, entities", "entities", ["check", "-p", "entities", "--lib"]),
        ("cargo build, tables", "tables", ["build", "-p", "tables"]),
        ("cargo build, entities", "entities", ["build", "-p", "entities", "--lib"]),
    ]:
        cargo(folder, *command)
        cargo(folder, "clean", "-p", crate)
        found[name] = cargo(folder, *command)
    cargo(folder, "check")
    cargo(folder, "build")
    edited = folder / "entities/src/thing3.rs"
    for name, command in [("edit one, check", ["check"]), ("edit one, build and link", ["build"])]:
        edit(edited, 1)
        found[name] = cargo(folder, *command)
    library = max((folder / "target/debug").glob("libentities.rlib"), key=lambda path: path.stat().st_size)
    sizes = {"library": library.stat().st_size / 1e6, "binary": (folder / "target/debug/entities").stat().st_size / 1e6}
    return found, sizes


def repository(folder):
    path = folder / EDITED
    before = path.read_text()
    cargo(folder, "build", shared_target=True)
    try:
        edit(path, 1)
        return cargo(folder, "build", shared_target=True)
    finally:
        path.write_text(before)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entities", type=int, default=100)
    parser.add_argument("--folder", type=pathlib.Path, help="keep everything here (default: a temporary folder)")
    parser.add_argument("--repository", type=pathlib.Path, help=f"also edit {EDITED} of this checkout and rebuild")
    options = parser.parse_args()
    count, half = options.entities, options.entities // 2
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or pathlib.Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        (few, small), (many, large) = measure(folder, half), measure(folder, count)
    print(f"| {count} entities | CPU s | peak MB | one more: CPU ms | peak MB |")
    print("|---|---:|---:|---:|---:|")
    for name, (cpu, memory) in many.items():
        more = [(many[name][index] - few[name][index]) / (count - half) for index in (0, 1)]
        print(f"| {name} | {cpu:.1f} | {memory:.0f} | {more[0] * 1000:.0f} | {more[1]:.1f} |")
    for name, size in large.items():
        print(f"| size of the {name} | | {size:.1f} | | {(size - small[name]) / (count - half):.2f} |")
    if options.repository:
        cpu, memory = repository(options.repository.resolve())
        print(f"| this repository: edit {EDITED}, build | {cpu:.1f} | {memory:.0f} | | |")


if __name__ == "__main__":
    main()
