# The front door. Every target installs what it misses (apt), builds, and does its work.
# SPDX-License-Identifier: Apache-2.0

PREFIX ?= /usr/local
SECONDS ?= 60

.PHONY: run build test lint format fuzz bench install clean help

.DEFAULT_GOAL := build

help:
	@echo 'make run             build and run the demo: http://127.0.0.1:8080/'
	@echo 'make test            build twice (hardened, sanitizers), lint, run every test'
	@echo 'make build           the release program: build/sluice'
	@echo 'make lint | format   static checks | clang-format'
	@echo 'make fuzz SECONDS=60 each fuzz target for so long'
	@echo 'make bench           the figures of docs, measured here'
	@echo 'make install         into PREFIX=$(PREFIX), below DESTDIR'
	@echo 'make clean           removes the build directories'

run: build
	build/sluice serve --demo

build:
	@tools/bootstrap.sh run
	@tools/build.sh release sluice

test:
	@tools/bootstrap.sh test
	@tools/run-tests.sh

lint:
	@tools/bootstrap.sh test
	@tools/lint.sh

format:
	@git ls-files -co --exclude-standard '*.c' '*.h' | xargs clang-format -i

fuzz:
	@tools/bootstrap.sh test
	@tools/fuzz.sh $(SECONDS)

bench: build
	@bench/run.sh

install: build
	@install -D -m 755 build/sluice $(DESTDIR)$(PREFIX)/bin/sluice
	@for page in man/*.[1-8]; do \
		install -D -m 644 $$page \
			$(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$${page##*/}; done

clean:
	rm -rf build build-*
