#!/usr/bin/env python3
"""How big the whole is, and how fast it is there.

    benches/size/measure.py [--binary target/release/mostrador] [--data-dir DIR] [--builds]

Prints the size of the binary and of the schema (what `mostrador schema` prints, and the answer to GraphiQL's
introspection); starts PostgreSQL with the demo data in a new folder (or DIR) and, beside it, the gateway ten times over
that database: how long until `/readyz` says yes, its memory once it has answered and rested, and how long
`{ __typename }` takes over one connection, 2,000 times one after the other.

With --builds it also builds in a temporary target directory: everything cold in debug and in release, and once more after
a description of a field was changed (restored afterwards). That takes minutes; the wall time depends on who else is here.
"""

import argparse
import http.client
import json
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parents[2]
EDITED = "src/properties/media.rs"
INTROSPECTION = """{ __schema { queryType { name } mutationType { name } subscriptionType { name }
  types { ...T } directives { name description locations args(includeDeprecated: true) { ...I } } } }
fragment T on __Type { kind name description specifiedByURL
  fields(includeDeprecated: true) { name description args(includeDeprecated: true) { ...I } type { ...R }
    isDeprecated deprecationReason }
  inputFields(includeDeprecated: true) { ...I } interfaces { ...R }
  enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } possibleTypes { ...R } }
fragment I on __InputValue { name description type { ...R } defaultValue isDeprecated deprecationReason }
fragment R on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }"""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Gateway:
    """A running binary; `seconds` until it was ready."""

    def __init__(self, binary, environment, patience):
        self.port = free_port()
        environment = os.environ | environment | {"LISTEN": f"127.0.0.1:{self.port}", "LOG_LEVEL": "error"}
        begin = time.monotonic()
        self.process = subprocess.Popen([binary, "serve"], env=environment, stdout=subprocess.DEVNULL)
        while not self.ready():
            if self.process.poll() is not None or time.monotonic() - begin > patience:
                self.stop()
                sys.exit("the gateway does not start")
            time.sleep(0.002)
        self.seconds = time.monotonic() - begin

    def ready(self):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except OSError:
            return False

    def ask(self, connection, query):
        connection.request(
            "POST", "/graphql", json.dumps({"query": query}), {"content-type": "application/json"}
        )
        return connection.getresponse().read()

    def memory(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def stop(self):
        self.process.terminate()
        self.process.wait(60)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def runs(binary, folder):
    with Gateway(binary, {"DATA_DIR": folder}, 600) as host:
        print(f"first start, PostgreSQL and demo data included: {host.seconds:.1f} s")
        lines = pathlib.Path(folder, "database/cluster/postmaster.pid").read_text().splitlines()
        base = f"postgres://{{}}@{lines[4].replace('/', '%2F')}/mostrador"
        with tempfile.TemporaryDirectory() as own:
            measure(binary, {
                "DATABASE_URL": base.format("mostrador_api"), "MIGRATE_URL": base.format("mostrador_owner"),
                "DATA_DIR": own, "FILE_STORE_DIR": own, "JWT_SECRET": "0123456789abcdef0123456789abcdef",
                "ENCRYPTION_KEYS": pathlib.Path(folder, "encryption-keys").read_text().strip(),
            })


def measure(binary, environment):
    starts, memory = [], []
    for number in range(10):
        with Gateway(binary, environment, 60) as gateway:
            starts.append(gateway.seconds)
            connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=30)
            gateway.ask(connection, "{ __typename }")
            time.sleep(3)
            memory.append(gateway.memory())
            if number == 0:
                times = []
                for _ in range(2000):
                    begin = time.perf_counter()
                    gateway.ask(connection, "{ __typename }")
                    times.append(1000 * (time.perf_counter() - begin))
                times.sort()
                introspection = len(gateway.ask(connection, INTROSPECTION))
                after = gateway.memory()
    print(f"start-up with the database up, of 10: median {statistics.median(starts):.2f} s, longest {max(starts):.2f} s")
    print(f"memory at rest: {statistics.median(memory):.0f} MB; after a whole introspection: {after:.0f} MB")
    print(f"{{ __typename }} of 2,000: p50 {times[1000]:.2f} ms, p99 {times[1980]:.2f} ms")
    print(f"introspection: {introspection / 1e6:.1f} MB")


def builds():
    with tempfile.TemporaryDirectory() as target:
        environment = os.environ | {"CARGO_TARGET_DIR": target, "CARGO_TERM_QUIET": "true"}

        def timed(what, *arguments):
            before, begin = os.times(), time.monotonic()
            subprocess.run(["cargo", "build", "--locked", *arguments], cwd=HERE, env=environment, check=True)
            after = os.times()
            cpu = after.children_user + after.children_system - before.children_user - before.children_system
            print(f"{what}: {time.monotonic() - begin:.0f} s, {cpu:.0f} s of processor time")

        timed("cold debug build")
        file = HERE / EDITED
        text = file.read_text()
        try:
            file.write_text(text.replace("    /// ", "    /// Now: ", 1))
            timed("debug build after one field was described anew")
        finally:
            file.write_text(text)
        timed("cold release build", "--release")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=str(HERE / "target/release/mostrador"))
    parser.add_argument("--data-dir")
    parser.add_argument("--builds", action="store_true")
    options = parser.parse_args()
    schema = subprocess.run([options.binary, "schema"], stdout=subprocess.PIPE, check=True).stdout
    print(f"binary: {os.path.getsize(options.binary) / 1e6:.1f} MB")
    types = sum(line.startswith((b"type ", b"input ", b"enum ", b"union ", b"interface ", b"scalar "))
                for line in schema.splitlines())
    print(f"schema: {len(schema) / 1e6:.2f} MB, {len(schema.splitlines()):,} lines, {types:,} types")
    if options.data_dir:
        runs(options.binary, options.data_dir)
    else:
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            runs(options.binary, folder)
    if options.builds:
        builds()


if __name__ == "__main__":
    main()
