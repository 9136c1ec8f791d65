#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds every kind and runs every suite; prints one line per suite and at last
# "N passed, N failed". Exits 1 if anything failed, crashed or left no report.
# TEST_SUITES="unit integration" runs only these; FUZZ_SECONDS=60 adds fuzzing.
# Where time itself and programs of others are under test (lab, browser), few that failed run once
# more at the end, alone: one that passes then counts as passed and is named as flaky, to be mended.
# Nothing else is forgiven: a race or a crash that comes and goes is one.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly OUT=build-test
# Longest a suite may take, seconds: it ends as a failure, not as a hung CI.
readonly SUITE_MAX=900
# Those of the audit mostly wait: each runs beside the ones behind it.
readonly ALL="lint unit unit-asan audit integration audit-asan integration-asan lab integration-tsan browser"
readonly SUITES=${TEST_SUITES:-$ALL}
readonly AGAIN_MAX=5 # more than these are no accident
readonly FAULTS=$OUT/faults # SUITE and TEST of each failure that can be run by its name
readonly INTEGRATED=(sluice bench/bare tests/unit/cmd/auth-driver) # what integration tests run
mkdir -p "$OUT"
rm -f "$OUT/total" "$FAULTS"
declare -A alone=() # by suite that may: the shell's words that run one of its tests, but its name
passed=0
failed=0
running=
beside=()
trap '[[ -z $running ]] || kill "$running"; [[ -z ${beside[*]} ]] || kill "${beside[0]}"; exit 130' INT TERM
export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1:abort_on_error=1
export UBSAN_OPTIONS=print_stacktrace=1:abort_on_error=1
export TSAN_OPTIONS=halt_on_error=1

# Adds one suite's report; its exit code decides too: a crash behind a clean report is a failure.
add() { # SUITE READER FILE EXIT-CODE SECONDS
	local p f
	read -r p f < <(tools/tally.py "$2" "$3" "$1" "$FAULTS" 2> >(cat >&2))
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

# Starts a suite that runs beside the next ones, one such at a time; end_beside adds its report.
run_beside() { # SUITE READER FILE COMMAND...
	local suite=$1 reader=$2 file=$3
	shift 3
	rm -f "$file"
	timeout -k 10 "$SUITE_MAX" "$@" >"$OUT/$suite.log" 2>&1 &
	beside=("$!" "$suite" "$reader" "$file" "$SECONDS")
}

end_beside() {
	local code=0
	[[ -n ${beside[*]} ]] || return 0
	wait "${beside[0]}" || code=$?
	add "${beside[@]:1:3}" "$code" $((SECONDS - beside[4]))
	beside=()
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

run_integration() { # RUN SUITE KIND DIR FILE...
	local run=$1 suite=$2 kind=$3 program=$PWD/$4/sluice modules
	shift 4
	mapfile -t modules < <(basename -a -s .py "$@")
	build_for "$suite" "$kind" "${INTEGRATED[@]}" || return 0
	SLUICE=$program PYTHONPATH=tests/integration "$run" "$suite" unittest "$OUT/$suite.log" \
		python3 -m unittest -v "${modules[@]}"
}

# All that is there but the audit's.
rest_of_integration() {
	local file
	for file in tests/integration/test_*.py; do
		[[ $file == */test_audit*.py ]] || printf '%s\n' "$file"
	done
}

# The audit against servers that break its rules, and real stacks; most of its time is waiting.
run_lab() {
	build_for lab release sluice || return 0
	alone[lab]="SLUICE=${PWD@Q}/build/sluice PYTHONPATH=tests/lab python3 -m unittest -v"
	SLUICE=$PWD/build/sluice run_beside lab unittest "$OUT/lab.log" \
		python3 -m unittest discover -s tests/lab -t tests/lab -p 'test_*.py' -v
}

run_browser() {
	build_for browser release sluice || return 0
	alone[browser]="SLUICE=${PWD@Q}/build/sluice tests/browser/run.sh"
	SLUICE=$PWD/build/sluice run_suite browser node "$OUT/browser.log" tests/browser/run.sh
}

# One test that failed, once more; its log tells whether the second time was better.
run_again() { # COUNT SUITE TEST
	local log=$OUT/again-$2.log
	echo "again: $2: $3 …"
	# shellcheck disable=SC2016 # expanded by the inner shell
	timeout -k 10 "$SUITE_MAX" bash -c "${alone[$2]}"' "$0"' "$3" >"$log" 2>&1 || return 0
	echo "flaky: $2: $3: passed when it ran alone"
	passed=$((passed + $1))
	failed=$((failed - $1))
}

run_all_again() {
	local faults fault count suite test
	[[ -s $FAULTS ]] || return 0
	mapfile -t faults < <(sort "$FAULTS" | uniq -c)
	((${#faults[@]} <= AGAIN_MAX)) || return 0
	for fault in "${faults[@]}"; do
		read -r count suite test <<<"$fault"
		[[ -z ${alone[$suite]:-} ]] || run_again "$count" "$suite" "$test"
	done
}

mapfile -t rest < <(rest_of_integration)
for suite in $SUITES; do
	case $suite in
	lint) run_suite lint lines "$OUT/lint.log" tools/lint.sh ;;
	unit) run_meson unit release build ;;
	unit-asan) run_meson unit-asan asan build-asan ;;
	audit)
		end_beside
		run_integration run_beside audit release build tests/integration/test_audit*.py
		;;
	audit-asan)
		end_beside
		run_integration run_beside audit-asan asan build-asan tests/integration/test_audit*.py
		;;
	integration) run_integration run_suite integration release build "${rest[@]}" ;;
	integration-asan) run_integration run_suite integration-asan asan build-asan "${rest[@]}" ;;
	# Threads are the server's alone: what starts one (auth, reload, tls) and not much else.
	integration-tsan)
		run_integration run_suite integration-tsan tsan build-tsan \
			tests/integration/test_{auth,[dghmprtuw]}*.py
		;;
	lab)
		end_beside
		# What is beside it may run, but not compile: time itself is under test there.
		[[ " $SUITES " != *" integration-tsan "* ]] ||
			build_for integration-tsan tsan "${INTEGRATED[@]}" || true
		run_lab
		;;
	browser)
		# A browser with a dozen tabs leaves nothing to a neighbour whose time is under test.
		end_beside
		run_browser
		;;
	*)
		echo "run-tests.sh: unknown suite '$suite'" >&2
		exit 2
		;;
	esac
done
end_beside
run_all_again
if [[ -n ${FUZZ_SECONDS:-} ]]; then
	run_suite fuzz lines "$OUT/fuzz.log" tools/fuzz.sh "$FUZZ_SECONDS"
fi
echo "$passed passed, $failed failed" | tee "$OUT/total"
((failed == 0 && passed > 0))
