#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Measures `sluice serve` against the bare loop, round by round in turn, and writes
# bench/RESULTS.md. ROUNDS=5 and STREAMS="1000 5000" may be changed. Takes about two minutes; after
# LIMIT seconds no further round begins.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly LIMIT=180 RUN_LIMIT=30
readonly ROUNDS=${ROUNDS:-5} STREAMS=${STREAMS:-1000 5000}
readonly DELIVERIES=300000 # in one measurement: events times streams
readonly OUT=bench/out
readonly SLUICE=build/sluice
LOAD=$(cut -d' ' -f1 /proc/loadavg)

SLUICE_PUBLISH_KEY=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
export SLUICE_PUBLISH_KEY
server=

stop_server() {
	[[ -n $server ]] || return 0
	kill "$server" 2>/dev/null || true
	wait "$server" 2>/dev/null || true
	server=
}
trap stop_server EXIT

# Starts a command; sets `server` to its process and `url` to where it listens.
start_server() { # COMMAND...
	# Emptied here: the child may open it after the first look, which would find the last server.
	: >"$OUT/server.log"
	"$@" >/dev/null 2>>"$OUT/server.log" &
	server=$!
	local deadline=$((SECONDS + 10))
	until url=$(grep -om1 'http://127\.0\.0\.1:[0-9]*' "$OUT/server.log"); do
		if ! kill -0 "$server" 2>/dev/null || ((SECONDS > deadline)); then
			echo "run.sh: $1 does not listen:" >&2
			cat "$OUT/server.log" >&2
			exit 1
		fi
		sleep 0.02
	done
}

measure() { # NAME STREAMS COMMAND...
	local name=$1 streams=$2
	shift 2
	start_server "$@"
	timeout "$RUN_LIMIT" "$SLUICE" bench "$url/stream?topic=bench" -c "$streams" \
		-m $((DELIVERIES / streams)) --pid "$server" --format json \
		>"$OUT/report.json" 2>"$OUT/bench.log" || {
		echo "run.sh: bench against $name failed:" >&2
		cat "$OUT/bench.log" "$OUT/report.json" >&2
		exit 1
	}
	stop_server
	printf '{"server":"%s","report":%s}\n' "$name" "$(<"$OUT/report.json")" >>"$OUT/reports.jsonl"
}

tools/build.sh release sluice bench/bare >/dev/null
mkdir -p "$OUT"
: >"$OUT/reports.jsonl"
for ((round = 1; round <= ROUNDS; round++)); do
	for streams in $STREAMS; do
		if ((SECONDS > LIMIT)); then
			echo "run.sh: more than $LIMIT s: no further rounds" >&2
			break 2
		fi
		echo "round $round of $ROUNDS: $streams streams" >&2
		measure bare "$streams" build/bench/bare
		measure sluice "$streams" "$SLUICE" serve -c bench/serve.yaml
	done
done
bench/results.py "$OUT/reports.jsonl" "$LOAD" >"$OUT/RESULTS.md"
mv "$OUT/RESULTS.md" bench/RESULTS.md
cat bench/RESULTS.md
