#!/bin/sh
# Installs what the tests of the NATS bus need: nats-server. On Debian (and its
# like) it fetches it; elsewhere it names it and fails. Quick when it is there.
# Prints where it is.
set -eu

NATS_SERVER="${NATS_SERVER:-nats-server}"
# Debian puts servers where not everybody looks.
PATH="$PATH:/usr/sbin:/usr/local/sbin"

if ! command -v "$NATS_SERVER" >/dev/null 2>&1; then
    if ! command -v apt-get >/dev/null 2>&1 || [ "$(id -u)" -ne 0 ]; then
        echo "install.sh: the tests of the NATS bus need nats-server (or name yours in NATS_SERVER)." \
            "On Debian, run this script as root to have it installed" >&2
        exit 1
    fi
    echo "install.sh: installing nats-server" >&2
    # Other tests install what they need at the same time.
    (
        flock 9
        apt-get update -qq >&2
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nats-server >&2
    ) 9>"${TMPDIR:-/tmp}/mostrador-tests-apt.lock"
fi
command -v "$NATS_SERVER"
