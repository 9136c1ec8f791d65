#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# tools/fuzz.sh SECONDS [TARGET...]: runs every fuzz target for so long, as many at a time as there
# are cores. New inputs stay in build-fuzz/corpus/; a crash is left in build-fuzz/crashes/.
# Prints "ok NAME" or "not ok NAME" per target; exits 1 if one failed.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:?usage: tools/fuzz.sh SECONDS [TARGET...]}
shift
[[ $seconds =~ ^[1-9][0-9]*$ ]] || {
	echo "fuzz.sh: SECONDS is '$seconds': give a number of seconds" >&2
	exit 2
}

# Longest input, bytes, and memory, MiB: what the daemon itself would take is far less.
readonly INPUT_MAX=65536 MEMORY_MAX=2048
export seconds INPUT_MAX MEMORY_MAX

fuzz_one() { # NAME
	local name=$1 work=build-fuzz/corpus/$1 log=build-fuzz/$1.log dict=tests/fuzz/dict/$1.dict
	local options=("-max_total_time=$seconds" "-max_len=$INPUT_MAX" "-rss_limit_mb=$MEMORY_MAX"
		"-artifact_prefix=build-fuzz/crashes/$1-" -timeout=10 -print_final_stats=1)
	[[ ! -f $dict ]] || options+=("-dict=$dict")
	mkdir -p "$work"
	if "build-fuzz/tests/fuzz/fuzz-$name" "${options[@]}" "$work" "tests/fuzz/corpus/$name" \
		>"$log" 2>&1; then
		echo "ok fuzz $name: $(sed -nE 's/^stat::number_of_executed_units: *//p' "$log") runs"
	else
		echo "not ok fuzz $name: see $log"
		tail -n 40 "$log" | sed 's/^/    /'
		return 1
	fi
}
export -f fuzz_one

tools/build.sh fuzz >build-fuzz.log 2>&1 || {
	cat build-fuzz.log >&2
	exit 1
}
rm -f build-fuzz.log
mkdir -p build-fuzz/crashes
targets=("$@")
if ((${#targets[@]} == 0)); then
	for program in build-fuzz/tests/fuzz/fuzz-*; do
		[[ ! -x $program || -d $program ]] || targets+=("${program##*/fuzz-}")
	done
fi
# shellcheck disable=SC2016 # expanded by the inner shell
printf '%s\n' "${targets[@]}" | xargs -P "$(nproc)" -I{} bash -c 'fuzz_one "$0"' {}
