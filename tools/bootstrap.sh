#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing: tools/bootstrap.sh run (to build and run) or test (all the tools of
# `make test` too). Each row is "package probe": the package is asked for only where its probe
# fails, so nothing is touched, and no package list fetched, when all is there.
set -euo pipefail
cd "$(dirname "$0")/.."

run_packages=(
	'gcc cmd:gcc' 'libc6-dev file:/usr/include/stdio.h'
	'meson cmd:meson' 'ninja-build cmd:ninja' 'pkg-config cmd:pkg-config'
	'libssl-dev pc:libcrypto libssl' 'libc-ares-dev pc:libcares' 'libjansson-dev pc:jansson'
	'libyaml-dev pc:yaml-0.1' 'libnghttp2-dev pc:libnghttp2' 'libseccomp-dev pc:libseccomp'
	'zlib1g-dev pc:zlib' 'libpsl-dev pc:libpsl'
)
test_packages=(
	'libcmocka-dev pc:cmocka' 'clang cmd:clang' 'llvm cmd:llvm-symbolizer'
	'clang-format cmd:clang-format' 'clang-tidy cmd:clang-tidy' 'cppcheck cmd:cppcheck'
	'universal-ctags cmd:ctags' 'shellcheck cmd:shellcheck' 'mandoc cmd:mandoc'
	'git cmd:git' 'curl cmd:curl' 'openssl cmd:openssl' 'python3 cmd:python3'
	'nginx-light cmd:nginx' 'nodejs cmd:node' 'npm cmd:npm' 'chromium cmd:chromium'
	'slowhttptest cmd:slowhttptest'
	'libcjose-dev pc:cjose' 'node-llhttp file:/usr/share/llhttp/llhttp.c'
	'haproxy cmd:haproxy' 'caddy cmd:caddy' 'apache2-bin cmd:apache2' 'varnish cmd:varnishd'
	'python3-h2 file:/usr/lib/python3/dist-packages/h2/__init__.py'
	'golang-go cmd:go' 'uvicorn cmd:uvicorn'
	'python3-fastapi file:/usr/lib/python3/dist-packages/fastapi/__init__.py'
	'ca-certificates file:/etc/ssl/certs/ca-certificates.crt'
)

is_there() { # PROBE
	case $1 in
	cmd:*) command -v "${1#cmd:}" || PATH=$PATH:/usr/sbin command -v "${1#cmd:}" ;;
	pc:*) pkg-config --exists "${1#pc:}" ;;
	file:*) [[ -e ${1#file:} ]] ;;
	esac >/dev/null 2>&1
}

# sudo without a question where it can; with one only where somebody sits at a terminal.
as_root() {
	if [[ $(id -u) == 0 ]]; then
		env DEBIAN_FRONTEND=noninteractive "$@"
	else
		sudo env DEBIAN_FRONTEND=noninteractive "$@"
	fi
}

can_be_root() {
	[[ $(id -u) == 0 ]] && return
	command -v sudo >/dev/null || return
	sudo -n true 2>/dev/null || [[ -t 0 ]]
}

install_packages() { # PACKAGE...
	local log
	log=$(mktemp)
	echo "installing $# packages: $*"
	# The lists may be old or absent; a second try with fresh ones tells which.
	if as_root apt-get install -y -q --no-install-recommends "$@" >"$log" 2>&1 ||
		{ as_root apt-get update -q >"$log" 2>&1 &&
			as_root apt-get install -y -q --no-install-recommends "$@" >"$log" 2>&1; }; then
		rm -f "$log"
		return
	fi
	tail -n 20 "$log" >&2
	rm -f "$log"
	echo "bootstrap: apt-get could not install: $*" >&2
	return 1
}

case ${1:-} in
run) rows=("${run_packages[@]}") ;;
test) rows=("${run_packages[@]}" "${test_packages[@]}") ;;
*)
	echo "usage: tools/bootstrap.sh run|test" >&2
	exit 2
	;;
esac

missing=()
for row in "${rows[@]}"; do
	is_there "${row#* }" || missing+=("${row%% *}")
done
((${#missing[@]} > 0)) || exit 0
if ! command -v apt-get >/dev/null || ! can_be_root; then
	echo "bootstrap: please install these packages first (Debian names): ${missing[*]}" >&2
	exit 1
fi
install_packages "${missing[@]}"
