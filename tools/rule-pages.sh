#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Writes docs/rules/, a page for each rule of the audit, as `sluice explain` tells it.
# Usage: tools/rule-pages.sh build/sluice
set -euo pipefail
cd "$(dirname "$0")/.."

readonly sluice=${1:?the program}

rm -rf docs/rules
mkdir -p docs/rules
"$sluice" rules --kind rules | while read -r id _; do
	{
		printf '# '
		"$sluice" explain "$id"
	} >"docs/rules/$id.md"
done
