#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the tests that need a browser, Node's EventSource or another package of npm, with TAP on
# stdout. SLUICE names the program (default build/sluice), CHROMIUM the browser (default
# /usr/bin/chromium). run.sh NAME runs only the tests of that name.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root/tests/browser"

# Installed again only when the lock file has changed; scripts of packages never run.
if ! cmp -s package-lock.json node_modules/.installed-lock; then
	npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	cp package-lock.json node_modules/.installed-lock
fi
SLUICE=${SLUICE:-$root/build/sluice} exec node run.mjs "$@"
