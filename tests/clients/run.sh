#!/bin/sh
# Runs the client tests against a running gateway, all of them or those named:
#
#     MOSTRADOR_URL=http://127.0.0.1:8080 MOSTRADOR_TOKEN=… ./run.sh [apollo …]
#
# Installs what is missing first (install.sh); fails when any test fails.
set -eu
cd "$(dirname "$0")"
./install.sh
PATH="$PWD/.cache/node/bin:$PATH"

[ $# -gt 0 ] || set -- documents http-audits apollo relay ws sse graphiql inbox
passed=0
failed=0
for test in "$@"; do
    if node "$test.mjs"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
