#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# tools/build.sh KIND [TARGET...]: sets up the build directory of that kind and builds in it.
#   release   build/           hardened; the program is build/sluice
#   asan      build-asan/      clang, AddressSanitizer and UBSan (never with hardening)
#   tsan      build-tsan/      clang, ThreadSanitizer
#   fuzz      build-fuzz/      clang, libFuzzer, ASan and UBSan
#   analyzer  build-analyzer/  gcc -fanalyzer; a finding is an error
set -euo pipefail
cd "$(dirname "$0")/.."

kind=${1:?usage: tools/build.sh KIND [TARGET...]}
shift
[[ ${CI:-} == true ]] && werror=true || werror=false
options=("-Dwerror=$werror")
compiler=clang
case $kind in
release)
	compiler=${CC:-gcc}
	dir=build
	;;
asan)
	dir=build-asan
	options+=('-Db_sanitize=address,undefined' -Db_lundef=false -Dtests=enabled)
	;;
tsan)
	dir=build-tsan
	options+=(-Db_sanitize=thread -Db_lundef=false -Dtests=enabled)
	;;
fuzz)
	dir=build-fuzz
	options+=('-Db_sanitize=address,undefined' -Db_lundef=false -Dtests=enabled -Dfuzzers=true)
	;;
analyzer)
	compiler=gcc
	dir=build-analyzer
	# Off: the analyzer cannot know that a slice whose ptr is NULL has len 0, and reports every
	# loop over a slice; and it loses pointers that are stored behind a pointer, and reports a
	# leak. UBSan and LeakSanitizer check both with real values.
	flags=(-fanalyzer -Wno-analyzer-null-dereference -Wno-analyzer-null-argument
		-Wno-analyzer-malloc-leak)
	options+=(-Dtests=disabled -Dwerror=true "-Dc_args=${flags[*]}")
	;;
*)
	echo "build.sh: unknown kind '$kind'" >&2
	exit 2
	;;
esac

log=$dir/setup.log
if [[ ! -f $dir/build.ninja ]]; then
	mkdir -p "$dir"
	echo "setting up $dir"
	CC=$compiler meson setup "$dir" "${options[@]}" >"$log" 2>&1 || {
		cat "$log" >&2
		exit 1
	}
fi
exec ninja -C "$dir" "$@"
