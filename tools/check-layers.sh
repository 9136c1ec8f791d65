#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Checks the rules of the house that no compiler knows: include direction, banned calls and
# headers, lengths of functions and files. Prints one line per breach; exits 1 if there is one.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly FUNCTION_MAX=60 FILE_MAX=600

# What each layer may include besides itself; `any` is everything (docs/architecture.md).
declare -A may=(
	[base]=""
	[http]="base"
	[sse]="base"
	[h2]="base http"
	[policy]="base http sse"
	[identity]="base http sse policy"
	[hub]="base http sse policy"
	[stream]="base http h2 sse policy identity hub"
	[gateway]="base http h2 sse policy identity hub stream"
	[conf]="base http h2 sse policy identity hub stream gateway"
	[os]="base"
	[store]="base hub identity os"
	[audit]="base http h2 sse policy os"
	[lint]="base http h2 sse policy conf"
	[render]="base http h2 sse policy conf"
	[load]="base http h2 sse os"
	[cmd]="any"
)

# These layers meet the world; all others get bytes and time as arguments.
readonly OUTER=" os store audit load cmd "
readonly OUTER_HEADERS='(stdio|time|unistd|fcntl|netdb|poll|sys/(socket|epoll|time|random|select|ioctl))\.h'
# No bound, no error, or hidden state.
readonly BANNED_CALLS='(strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|atoll|atof|alloca|rand|system|popen)'

breaches=0
breach() {
	echo "check-layers: $*"
	breaches=$((breaches + 1))
}

# Text of a C file without comments and strings, line numbers kept.
code_of() {
	sed -E 's/"([^"\\]|\\.)*"/""/g; s@//.*@@; s@/\*.*\*/@@g; /^[[:space:]]*\/?\*( |$|\*)/s/.*//' "$1"
}

check_includes() { # FILE LAYER
	local file=$1 layer=$2 line target
	while IFS= read -r line; do
		target=${line%%/*}
		if [[ $line != */* ]]; then
			breach "$file includes \"$line\": write \"layer/file.h\""
		elif [[ $target != "$layer" && " ${may[$layer]} " != *" $target "* &&
			${may[$layer]} != any ]]; then
			breach "$file includes $line: $layer may use only: ${may[$layer]:-nothing}"
		fi
	done < <(sed -nE 's/^[[:space:]]*#[[:space:]]*include[[:space:]]+"([^"]+)".*/\1/p' "$file")
	[[ $OUTER == *" $layer "* || $file == src/base/require.c ]] && return
	while IFS= read -r line; do
		breach "$file:$line: only os/ and what stands on it may include this"
	done < <(grep -nE "^[[:space:]]*#[[:space:]]*include[[:space:]]+<$OUTER_HEADERS>" "$file" || true)
}

check_calls() { # FILE
	local line
	while IFS= read -r line; do
		breach "$1:$line: banned call"
	done < <(code_of "$1" | grep -nE "(^|[^A-Za-z0-9_.>])$BANNED_CALLS\(" || true)
	[[ $1 == src/base/buf.c ]] && return
	while IFS= read -r line; do
		breach "$1:$line: only src/base/buf.c may call realloc"
	done < <(code_of "$1" | grep -nE '(^|[^A-Za-z0-9_])(realloc|reallocarray)\(' || true)
}

check_form() { # FILE
	local lines
	lines=$(wc -l <"$1")
	((lines <= FILE_MAX)) || breach "$1: $lines lines, at most $FILE_MAX"
	[[ $(head -n 1 "$1") == "/* SPDX-License-Identifier: Apache-2.0 */" ]] ||
		breach "$1: the first line must be the SPDX line"
	if [[ $1 == *.h ]] && ! grep -qx '#pragma once' "$1"; then
		breach "$1: #pragma once is missing"
	fi
}

check_function_lengths() {
	local file name line end
	while IFS=$'\t' read -r file name line end; do
		((end - line + 1 <= FUNCTION_MAX)) ||
			breach "$file:$line: $name has $((end - line + 1)) lines, at most $FUNCTION_MAX"
	done < <(git ls-files -co --exclude-standard 'src/*.c' 'src/*.h' 'tests/*.c' 'tests/*.h' |
		ctags --language-force=C --kinds-C=f --fields=ne -L - -f - 2>/dev/null |
		awk -F'\t' '$1 !~ /^!/ { line = end = 0
			for (i = 4; i <= NF; i++) {
				if ($i ~ /^line:/) line = substr($i, 6)
				if ($i ~ /^end:/) end = substr($i, 5)
			}
			if (end) print $2 "\t" $1 "\t" line "\t" end }')
}

command -v ctags >/dev/null || breach "ctags is missing: run tools/bootstrap.sh test"
while IFS= read -r file; do
	[[ -f $file ]] || continue
	layer=${file#src/}
	layer=${layer%%/*}
	[[ -v may[$layer] ]] || {
		breach "$file: '$layer' is not a layer"
		continue
	}
	check_form "$file"
	check_includes "$file" "$layer"
	check_calls "$file"
done < <(git ls-files -co --exclude-standard 'src/*.c' 'src/*.h')
check_function_lengths
((breaches == 0))
