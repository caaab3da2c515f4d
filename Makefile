# Roost. `make run` and `make test` are the two commands; each installs the system packages it lacks.
# No network is used but apt's (system packages) and SwiftPM's (the packages named in Package.swift).

SWIFT ?= swift
PREFIX ?= /usr/local
PORT ?= 5432
NODES ?= 3
DATA ?= data
# More flags for `swift build` and `swift test`, e.g. SWIFT_FLAGS="--jobs 1".
SWIFT_FLAGS ?=
# A part of the tests (FILTER=RaftTests) or of the planted bugs (FILTER=vote).
FILTER ?=
# More arguments for `make hardening`: --quick, --before PATH, names of scripts.
HARDENING ?=

ROOST := .build/release/roost
# The same flags whether a terminal, a pipe or a script looks on: SwiftPM compiles everything anew when they change, and
# by itself it asks for colours at a terminal.
BUILD_FLAGS := --no-color-diagnostics
# The release binary carries Swift's runtime and RocksDB, so it runs where neither is installed.
# It is optimized across modules, and without the checks of exclusive access at run time: every test runs with them, and
# docs/decisions/0028 says what that is worth. Those who depend on the package build it as they like.
RELEASE_FLAGS = -c release -Xswiftc -cross-module-optimization -Xswiftc -enforce-exclusivity=unchecked \
  $(shell [ "$$(uname -s)" = Linux ] && echo --static-swift-stdlib) \
  $(shell Scripts/static-libraries.sh "$(CURDIR)/.build/static-libraries")
SWIFT_SOURCES := Package.swift Sources Tests $(wildcard Benchmarks/*/Package.swift Benchmarks/*/Sources)

.DEFAULT_GOAL := help
.PHONY: help toolchain system stamp ports build run test mutants bench hardening lint format docs install clean

help: ## Lists the targets.
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-16s %s\n", $$1, $$2 }'

toolchain:
	@Scripts/check-toolchain.sh "$(SWIFT)"

system: toolchain ## Installs the system libraries that are missing (apt).
	@Scripts/install-system-packages.sh

# What `roost --version` says; the file is ignored by git and only written when the commit is another one.
stamp:
	@Scripts/write-build-stamp.sh

build: system stamp ## Builds the release binary, .build/release/roost.
	@echo "==> building $(ROOST)"
	$(SWIFT) build $(RELEASE_FLAGS) --product roost $(BUILD_FLAGS) $(SWIFT_FLAGS)

ports:
	@Scripts/check-ports.sh "$(PORT)" "$(NODES)" "$(DATA)"

run: ports build ## Starts a three-node cluster with sample data; Ctrl-C stops it. PORT, NODES and DATA can be set.
	@echo "==> starting $(NODES) nodes from port $(PORT), data in $(DATA)"
	exec $(ROOST) demo --nodes $(NODES) --port $(PORT) --data $(DATA) --load Samples/harbour.sql --called-by-make

test: system ## Runs every test: unit, simulation, process-level. FILTER names a part.
	@Scripts/test.sh "$(SWIFT)" "$(FILTER)" $(BUILD_FLAGS) $(SWIFT_FLAGS)

mutants: system ## Plants known bugs, each of which simulation must find. FILTER names a part.
	@SWIFT="$(SWIFT)" Scripts/run-mutants.sh $(FILTER)

bench: build ## Measures a fresh demo cluster: SQL and key-value, 1, 16 and 64 clients.
	@Scripts/bench.sh $(ROOST)

hardening: build ## Tries strangers, full disks, endless statements, kills and more on the release binary; as root.
	@Benchmarks/Hardening/run.sh --roost $(ROOST) $(HARDENING)

lint: toolchain ## Checks format, imports against the floors, and the rules of the house.
	@echo "==> checking the format"
	@$(SWIFT) format lint --strict --parallel --recursive $(SWIFT_SOURCES)
	@echo "==> checking the house"
	@Scripts/check-house.sh

format: toolchain ## Rewrites the sources in the project's format.
	@echo "==> formatting"
	@$(SWIFT) format --in-place --parallel --recursive $(SWIFT_SOURCES)

docs: system ## Builds the reference of the public symbols into .build/docs.
	@Scripts/build-docs.sh "$(SWIFT)"

install: build ## Installs roost and its manual page into PREFIX (/usr/local); the binary needs nothing else.
	@echo "==> installing $(DESTDIR)$(PREFIX)/bin/roost"
	install -d "$(DESTDIR)$(PREFIX)/bin" "$(DESTDIR)$(PREFIX)/share/man/man1"
	install -m 755 $(ROOST) "$(DESTDIR)$(PREFIX)/bin/roost"
	$(ROOST) manual >"$(DESTDIR)$(PREFIX)/share/man/man1/roost.1"

clean: ## Removes what was built; data directories stay.
	@echo "==> removing .build"
	rm -rf .build
