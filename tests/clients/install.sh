#!/bin/sh
# Installs what the client tests need: Node 20 or newer, Chromium, and the
# packages of package-lock.json. On Debian (and its like) it fetches what is
# missing; elsewhere it names it and fails. Quick when all is there.
set -eu
cd "$(dirname "$0")"

NODE_NEEDED=20
# Debian 12's Node is older; then this one is taken from the npm package of that name.
NODE_PACKAGED=20.20.2
CHROMIUM="${CHROMIUM:-/usr/bin/chromium}"
PATH="$PWD/.cache/node/bin:$PATH"

fail() {
    echo "install.sh: $1" >&2
    exit 1
}

node_is_new_enough() {
    command -v node >/dev/null 2>&1 &&
        [ "$(node -p 'process.versions.node.split(".")[0]')" -ge "$NODE_NEEDED" ]
}

can_install() {
    command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" -eq 0 ]
}

debian_packages=""
missing=""
if ! command -v npm >/dev/null 2>&1; then
    debian_packages="$debian_packages nodejs npm"
    missing="$missing Node $NODE_NEEDED or newer, with npm;"
elif ! node_is_new_enough && ! can_install; then
    missing="$missing Node $NODE_NEEDED or newer;"
fi
if [ ! -x "$CHROMIUM" ]; then
    debian_packages="$debian_packages chromium"
    missing="$missing Chromium at $CHROMIUM (or name yours in CHROMIUM);"
fi

if [ -n "$missing" ]; then
    can_install || fail "the client tests need:${missing%;}. On Debian, run this script as root to have it installed"
    echo "install.sh: installing$debian_packages" >&2
    # Other tests install what they need at the same time.
    (
        flock 9
        apt-get update -qq
        # shellcheck disable=SC2086 # a list of words
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $debian_packages >/dev/null
    ) 9>"${TMPDIR:-/tmp}/mostrador-tests-apt.lock"
    [ -x "$CHROMIUM" ] || fail "Debian's chromium is not at $CHROMIUM; name it in CHROMIUM"
fi

if ! node_is_new_enough; then
    case "$(uname -m)" in
    x86_64) architecture=x64 ;;
    aarch64) architecture=arm64 ;;
    *) fail "Node $NODE_NEEDED or newer is missing, and there is none for $(uname -m) to fetch" ;;
    esac
    echo "install.sh: $(node --version) is too old; fetching Node $NODE_PACKAGED" >&2
    rm -rf .cache/node
    mkdir -p .cache/node
    npm install --silent --no-save --no-audit --no-fund --prefix .cache/node \
        "node-linux-$architecture@$NODE_PACKAGED"
    ln -s "node_modules/node-linux-$architecture/bin" .cache/node/bin
    hash -r # forget where the old one was
    node_is_new_enough || fail "Node $NODE_PACKAGED does not run on this machine"
fi

# The copy of the lock says that node_modules is whole and of this version.
if ! cmp -s package-lock.json node_modules/.installed-lock.json; then
    npm ci --silent --no-audit --no-fund
    cp package-lock.json node_modules/.installed-lock.json
fi
