#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Measures `sluice serve` against the bare loop and, over TLS and HTTP/2, against nginx with nchan,
# round by round in turn, and writes bench/RESULTS.md. ROUNDS=5, STREAMS="1000 5000" and
# CARRIED_ROUNDS=3 may be changed. Takes about five minutes; after LIMIT seconds of either part no
# further round of it begins. Without libnginx-mod-nchan its rows are left out.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly LIMIT=180 RUN_LIMIT=30
readonly ROUNDS=${ROUNDS:-5} STREAMS=${STREAMS:-1000 5000}
readonly DELIVERIES=300000 # in one measurement: events times streams
readonly CARRIED_ROUNDS=${CARRIED_ROUNDS:-3} CARRIED_STREAMS=2000 CARRIED_EVENTS=50
readonly NCHAN=/usr/lib/nginx/modules/ngx_nchan_module.so
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

# What carries the streams: a name, the listener, options of the bench.
readonly CARRIERS=(
	'HTTP/1.1|plain|'
	'h2c, 1 stream a connection|h2c|--http 2'
	'h2c, 100 streams a connection|h2c|--http 2 --streams-per-connection 100'
	'TLS 1.3, HTTP/1.1|tls|'
	'TLS 1.3, h2, 1 stream a connection|tls|--http 2'
	'TLS 1.3, h2, 100 streams a connection|tls|--http 2 --streams-per-connection 100'
)

# Files that both servers read: a certificate, and a configuration of each.
prepare_carried() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 7 -subj /CN=bench \
		-addext subjectAltName=IP:127.0.0.1 -keyout "$OUT/key.pem" -out "$OUT/cert.pem" \
		2>/dev/null
	sed -e "s|^listen:.*|listen:\n  - {address: '127.0.0.1:0', h2c: on}\n  - {address: '127.0.0.1:0', \
tls: {certificate: '$PWD/$OUT/cert.pem', key: '$PWD/$OUT/key.pem', minimum: '1.3'}}|" \
		bench/serve.yaml >"$OUT/carried.yaml"
	# Below the ports that connections get: one of those may be taken before nginx starts again.
	read -r nchan_plain nchan_h2c nchan_tls < <(python3 -c 'import socket
ports = []
for port in range(20000, 30000):
    try:
        socket.create_server(("127.0.0.1", port)).close()
        ports.append(port)
    except OSError:
        continue
    if len(ports) == 3:
        break
print(*ports)')
	sed -e "s|@MODULE@|$NCHAN|; s|@PLAIN@|$nchan_plain|; s|@H2C@|$nchan_h2c|; s|@TLS@|$nchan_tls|" \
		bench/nchan.conf.in >"$OUT/nchan.conf"
}

# Sets `watched` to the process that serves, `publish` and `url` to where.
start_sluice() { # LISTENER
	start_server "$SLUICE" serve -c "$OUT/carried.yaml"
	watched=$server publish=$url
	[[ $1 != tls ]] || url=$(grep -om1 'https://127\.0\.0\.1:[0-9]*' "$OUT/server.log")
}

start_nchan() { # LISTENER
	local deadline=$((SECONDS + 10))
	PATH=$PATH:/usr/sbin nginx -p "$PWD/$OUT" -c nchan.conf 2>"$OUT/server.log" &
	server=$!
	publish=http://127.0.0.1:$nchan_plain
	until watched=$(tr -d ' ' <"/proc/$server/task/$server/children") && [[ -n $watched ]] &&
		curl -s -o "$OUT/curl.log" "$publish"; do
		if ! kill -0 "$server" 2>/dev/null || ((SECONDS > deadline)); then
			echo 'run.sh: nginx does not listen:' >&2
			cat "$OUT/server.log" >&2
			exit 1
		fi
		sleep 0.02
	done
	case $1 in
	plain) url=$publish ;;
	h2c) url=http://127.0.0.1:$nchan_h2c ;;
	tls) url=https://127.0.0.1:$nchan_tls ;;
	esac
}

measure_carried() { # SERVER CARRIER
	local name listener words
	IFS='|' read -r name listener words <<<"$2"
	case $1 in
	bare) start_server build/bench/bare; watched=$server publish=$url ;;
	*) "start_$1" "$listener" ;;
	esac
	# shellcheck disable=SC2086 # words are words
	timeout "$RUN_LIMIT" "$SLUICE" bench "$url/stream?topic=bench" -c "$CARRIED_STREAMS" \
		-m "$CARRIED_EVENTS" --publish "$publish/publish" --ca "$OUT/cert.pem" --pid "$watched" \
		--format json $words >"$OUT/report.json" 2>"$OUT/bench.log" || {
		echo "run.sh: bench against $1 failed, $name:" >&2
		cat "$OUT/bench.log" "$OUT/report.json" >&2
		exit 1
	}
	stop_server
	printf '{"server":"%s","carrier":"%s","report":%s}\n' "$1" "$name" "$(<"$OUT/report.json")" \
		>>"$OUT/carried.jsonl"
}

measure_all_carried() {
	local carrier start=$SECONDS
	for ((round = 1; round <= CARRIED_ROUNDS; round++)); do
		if ((SECONDS - start > LIMIT)); then
			echo "run.sh: more than $LIMIT s: no further rounds" >&2
			break
		fi
		echo "round $round of $CARRIED_ROUNDS: TLS and HTTP/2" >&2
		measure_carried bare "${CARRIERS[0]}"
		for carrier in "${CARRIERS[@]}"; do
			measure_carried sluice "$carrier"
			[[ ! -e $NCHAN ]] || measure_carried nchan "$carrier"
		done
	done
}

tools/build.sh release sluice bench/bare >/dev/null
mkdir -p "$OUT"
: >"$OUT/reports.jsonl"
: >"$OUT/carried.jsonl"
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
prepare_carried
measure_all_carried
bench/results.py "$OUT/reports.jsonl" "$OUT/carried.jsonl" "$LOAD" >"$OUT/RESULTS.md"
mv "$OUT/RESULTS.md" bench/RESULTS.md
cat bench/RESULTS.md
