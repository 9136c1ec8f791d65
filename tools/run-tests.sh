#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds every kind and runs every suite; prints one line per suite and at last
# "N passed, N failed". Exits 1 if anything failed, crashed or left no report.
# TEST_SUITES="unit integration" runs only these; FUZZ_SECONDS=60 adds fuzzing.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly OUT=build-test
# Longest a suite may take, seconds: it ends as a failure, not as a hung CI.
readonly SUITE_MAX=900
readonly ALL="lint unit unit-asan integration integration-asan integration-tsan lab browser"
readonly SUITES=${TEST_SUITES:-$ALL}
mkdir -p "$OUT"
rm -f "$OUT/total"
passed=0
failed=0
running=
trap '[[ -z $running ]] || kill "$running"; exit 130' INT TERM
export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1:abort_on_error=1
export UBSAN_OPTIONS=print_stacktrace=1:abort_on_error=1
export TSAN_OPTIONS=halt_on_error=1

# Adds one suite's report; its exit code decides too: a crash behind a clean report is a failure.
add() { # SUITE READER FILE EXIT-CODE SECONDS
	local p f
	read -r p f < <(tools/tally.py "$2" "$3" "$1" 2> >(cat >&2))
	((f > 0 || $4 == 0)) || {
		f=1
		echo "not ok $1: exit code $4" >&2
	}
	((f == 0)) || echo "        see $3"
	printf '%-18s %5d passed, %d failed  (%d s)\n' "$1" "$p" "$f" "$5"
	passed=$((passed + p))
	failed=$((failed + f))
}

run_suite() { # SUITE READER FILE COMMAND...
	local suite=$1 reader=$2 file=$3 code=0 start=$SECONDS
	shift 3
	rm -f "$file"
	# In the background, so that an interrupted run takes its suite along: timeout passes TERM on.
	timeout -k 10 "$SUITE_MAX" "$@" >"$OUT/$suite.log" 2>&1 &
	running=$!
	wait "$running" || code=$?
	running=
	add "$suite" "$reader" "$file" "$code" $((SECONDS - start))
}

# A build that fails is one failure that says why, and its suite does not run on old programs.
build_for() { # SUITE KIND [TARGET...]
	local suite=$1 kind=$2 log=$OUT/build-$1.log
	shift 2
	echo "building for $suite …"
	if build_kind "$kind" "$@" >"$log" 2>&1; then
		return
	fi
	# From the first fault on, without the commands of the compiler and the steps that went well.
	awk '/^FAILED:|ERROR:/ { on = 1 } on && !/^(gcc|clang|cc) |^\[[0-9]+\//' "$log" | tail -n 40
	echo "not ok $suite: the $kind build failed; see $log" >&2
	failed=$((failed + 1))
	return 1
}

build_kind() { # KIND [TARGET...]
	if [[ $1 == release ]]; then
		tools/build.sh release build.ninja
		enable_tests
	fi
	tools/build.sh "$@"
}

# `make run` may have set build/ up before cmocka was there.
enable_tests() {
	meson introspect build --buildoptions |
		python3 -c 'import json, sys
sys.exit(not any(o["name"] == "tests" and o["value"] == "enabled" for o in json.load(sys.stdin)))' ||
		meson configure build -Dtests=enabled
}

run_meson() { # SUITE KIND DIR [MESON-ARG...]
	local suite=$1 kind=$2 dir=$3
	shift 3
	build_for "$suite" "$kind" || return 0
	run_suite "$suite" meson "$dir/meson-logs/testlog.json" \
		meson test -C "$dir" --no-rebuild --print-errorlogs "$@"
}

run_integration() { # SUITE KIND DIR [FILE...]
	local suite=$1 kind=$2 program=$PWD/$3/sluice files modules
	shift 3
	files=("$@")
	((${#files[@]} > 0)) || files=(tests/integration/test_*.py)
	mapfile -t modules < <(basename -a -s .py "${files[@]}")
	build_for "$suite" "$kind" sluice bench/bare tests/unit/cmd/auth-driver || return 0
	SLUICE=$program PYTHONPATH=tests/integration run_suite "$suite" unittest "$OUT/$suite.log" \
		python3 -m unittest -v "${modules[@]}"
}

# The audit against servers that break its rules, and real stacks; most of its time is waiting.
run_lab() {
	build_for lab release sluice || return 0
	SLUICE=$PWD/build/sluice run_suite lab unittest "$OUT/lab.log" \
		python3 -m unittest discover -s tests/lab -t tests/lab -p 'test_*.py' -v
}

run_browser() {
	build_for browser release sluice || return 0
	SLUICE=$PWD/build/sluice run_suite browser node "$OUT/browser.log" tests/browser/run.sh
}

for suite in $SUITES; do
	case $suite in
	lint) run_suite lint lines "$OUT/lint.log" tools/lint.sh ;;
	unit) run_meson unit release build ;;
	unit-asan) run_meson unit-asan asan build-asan ;;
	integration) run_integration integration release build ;;
	integration-asan) run_integration integration-asan asan build-asan ;;
	# Threads are the server's alone: what starts one (auth, reload, tls) and not much else.
	integration-tsan)
		run_integration integration-tsan tsan build-tsan \
			tests/integration/test_{auth,[dghmprtuw]}*.py
		;;
	lab) run_lab ;;
	browser) run_browser ;;
	*)
		echo "run-tests.sh: unknown suite '$suite'" >&2
		exit 2
		;;
	esac
done
if [[ -n ${FUZZ_SECONDS:-} ]]; then
	run_suite fuzz lines "$OUT/fuzz.log" tools/fuzz.sh "$FUZZ_SECONDS"
fi
echo "$passed passed, $failed failed" | tee "$OUT/total"
((failed == 0 && passed > 0))
