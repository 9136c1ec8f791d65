#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs every static check. One line per check, "ok NAME" or "not ok NAME" with what it found;
# exits 1 if one failed. LINT_ONLY="layers format" runs only these.
# shellcheck disable=SC2317 # the checks are called by name
set -euo pipefail
cd "$(dirname "$0")/.."

readonly CACHE=build-lint
mkdir -p "$CACHE/tidy" "$CACHE/cppcheck"
failed=0

# Files that git knows or would take, without those that are deleted but not yet committed so.
sources() {
	git ls-files -co --exclude-standard "$@" | while IFS= read -r file; do
		[[ ! -f $file ]] || echo "$file"
	done
}

check_layers() { tools/check-layers.sh; }

check_format() {
	sources 'src/*.[ch]' 'tests/*.[ch]' 'include/*.h' | xargs clang-format --dry-run -Werror
}

# A file is checked again when it, any header or table, or the list of checks has changed.
tidy_one() { # FILE COMMON-HASH
	local stamp
	stamp=$CACHE/tidy/$( (echo "$2" && cat "$1") | sha256sum | cut -d' ' -f1)
	[[ ! -e $stamp ]] || return 0
	clang-tidy --quiet -p build-asan "$1" 2>/dev/null || return 1
	touch "$stamp"
}
export -f tidy_one
export CACHE

check_tidy() {
	local common
	# Needs a compilation database of clang's, and the headers that are generated.
	tools/build.sh asan build.ninja >/dev/null
	ninja -C build-asan -t targets all | sed -n 's/^\(src.*\): CUSTOM_COMMAND$/\1/p' |
		xargs -r ninja -C build-asan >/dev/null
	common=$( (clang-tidy --version && cat .clang-tidy &&
		sources 'src/*.h' 'src/*.def' | xargs cat) | sha256sum)
	# shellcheck disable=SC2016 # expanded by the inner shell
	sources 'src/*.c' | xargs -P "$(nproc)" -I{} bash -c 'tidy_one "$0" "$1"' {} "$common"
}

check_cppcheck() {
	# legacyUninitvar does not see that a callee fills an array; gcc and the sanitizers do.
	cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 --language=c -j "$(nproc)" \
		--enable=warning,performance,portability --suppress=missingIncludeSystem \
		--suppress=legacyUninitvar \
		--cppcheck-build-dir="$CACHE/cppcheck" -I src -DSLUICE_VERSION='"0"' src
}

check_analyzer() { tools/build.sh analyzer sluice; }

check_shellcheck() { sources '*.sh' .ci/run | xargs shellcheck; }

# The style warnings of mandoc count too. Other pages may not be installed here, or not indexed.
check_man() {
	local found
	found=$(sources 'man/*.[1-8]' | xargs -r mandoc -Tlint -Wstyle 2>&1 |
		grep -v -e 'referenced manual not found: Xr' -e 'outdated mandoc.db lacks' || true)
	[[ -z $found ]] || { echo "$found"; return 1; }
}

run_check() { # NAME
	local log=$CACHE/$1.log
	if "check_$1" >"$log" 2>&1; then
		echo "ok $1"
	else
		echo "not ok $1"
		tail -n 60 "$log" | sed 's/^/    /'
		failed=1
	fi
}

for name in ${LINT_ONLY:-layers format shellcheck man cppcheck tidy analyzer}; do
	run_check "$name"
done
exit "$failed"
