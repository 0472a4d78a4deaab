#!/bin/sh
# Everything that must hold of the reference client: its operations fit schema.graphql, its types and unit tests pass, and
# it builds to exactly what assets/inbox holds. Needs what tests/clients/install.sh installs.
set -eu
cd "$(dirname "$0")"
PATH="$PWD/../../tests/clients/.cache/node/bin:$PATH"

# The copy of the lock says that node_modules is whole and of this version.
if ! cmp -s package-lock.json node_modules/.installed-lock.json; then
    npm ci --silent --no-audit --no-fund
    cp package-lock.json node_modules/.installed-lock.json
fi
npm run --silent check
