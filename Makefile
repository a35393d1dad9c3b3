# `make run` and `make test` need Rust, a C compiler, Node and a Debian-like apt; the rest they fetch themselves, once.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
# Two cores, and cargo locks its folder anyway: one thing after the other, and readable output.
.NOTPARALLEL:

CARGO_LEPTOS_VERSION := 0.3.10
# The command line tool and the library refuse to work apart, so Cargo.lock decides for both.
WASM_BINDGEN_VERSION := $(shell awk '/^name = "wasm-bindgen"$$/ { getline; gsub(/"/, "", $$3); print $$3 }' Cargo.lock)

# Outside the repository: a fresh clone does not build them again.
TOOLS := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/passerby/tools
CARGO_LEPTOS := $(TOOLS)/cargo-leptos-$(CARGO_LEPTOS_VERSION)/bin/cargo-leptos
WASM_BINDGEN := $(TOOLS)/wasm-bindgen-$(WASM_BINDGEN_VERSION)/bin/wasm-bindgen
NODE_MODULES := end2end/node_modules/.installed-$(firstword $(shell sha256sum end2end/package-lock.json))

# cargo-leptos takes what it finds on the PATH. wasm-opt is npm's: Debian's is too old and breaks the page.
TOOL_PATH := $(dir $(CARGO_LEPTOS)):$(dir $(WASM_BINDGEN)):$(CURDIR)/end2end/node_modules/.bin
export PATH := $(TOOL_PATH):$(PATH)

# Brotli bytes of the wasm: what the first page needs (with all else it stays below 160 KB), and what a call needs besides.
# More needs a reason and a new number; less is wanted.
PAGE_BUDGET_BYTES := 108544
CALL_BUDGET_BYTES := 94208

LEPTOS_SITE_ADDR ?= 127.0.0.1:3000
export LEPTOS_SITE_ADDR

##@ Commands
.PHONY: run lan dev build check test browser-tests fuzz soak autobahn abuse bench load shots path help

run: build ## Build for release and serve on LEPTOS_SITE_ADDR (127.0.0.1:3000)
	@echo "Passerby is at http://$(LEPTOS_SITE_ADDR) - open it in two windows. Ctrl-C stops it."
	@exec target/release/passerby

lan: build ## Serve to phones in the same network, over https with a certificate of its own, on port 3443
	@echo "Open one of the addresses below on the phone. It warns: compare the fingerprint, then go on. Ctrl-C stops it."
	@LEPTOS_SITE_ADDR=0.0.0.0:3443 PASSERBY__TLS__SELF_SIGNED=true exec target/release/passerby

dev: wasm-target $(CARGO_LEPTOS) $(WASM_BINDGEN) ## Serve, and build again at every change
	cargo leptos watch

build: wasm-target $(CARGO_LEPTOS) $(WASM_BINDGEN) $(NODE_MODULES) ## target/release/passerby and target/site; fails if the wasm is too heavy
	cargo leptos build --release -P --split --lib-features split
	@scripts/weigh-wasm target/site/pkg $(PAGE_BUDGET_BYTES) $(CALL_BUDGET_BYTES)

check: wasm-target $(NODE_MODULES) ## The fast loop: formatting, lints for both halves, unit and property tests
	cargo fmt --check
	cargo fmt --check --manifest-path fuzz/Cargo.toml
	cargo clippy --features ssr --tests --benches -- -D warnings
	cargo clippy --features hydrate --lib --target wasm32-unknown-unknown -- -D warnings
	cargo clippy --features split --lib --target wasm32-unknown-unknown -- -D warnings
	cargo test --features ssr
	npm --prefix end2end run --silent check

test: check fuzz build browser-tests ## Everything that has to hold before a change goes in

browser-tests: build chromium firefox coturn pebble ## The stories in end2end/tests in real Chromium and Firefox
	npm --prefix end2end test

fuzz: ## Everything that strangers might send, for FUZZ_SECONDS (20) each: messages, descriptions, candidates
	@scripts/fuzz

soak: build chromium coturn autobahn ## What takes long: bad networks (as root), cut lines, slow attacks, storms of bots, a conformance suite, hours of fuzzing
	@command -v tcpdump >/dev/null || scripts/apt-install tcpdump
	@command -v slowhttptest >/dev/null || scripts/apt-install slowhttptest
	npm --prefix end2end run soak
	cargo bench --features ssr --bench load -- killed cut drain
	cargo bench --features ssr --bench abuse
	FUZZ_SECONDS=$${FUZZ_SECONDS:-3600} scripts/fuzz

autobahn: ## The WebSocket conformance suite, against sockets made as the server's own (needs a Python 2.7)
	@scripts/autobahn

abuse: ## What a pair that behaves notices of a flood of joins, of nexts, of candidates, of sockets, and of who never reads (3 minutes)
	cargo bench --features ssr --bench abuse

bench: ## What the matchmaker's deeds cost in instructions, few or many, and a peer in memory and processor time (10 minutes)
	@command -v valgrind >/dev/null || scripts/apt-install valgrind
	cargo bench --features ssr --bench matchmaker
	cargo bench --features ssr --bench load -- memory

load: ## The server under 19,000 bots: memory and processor time of a peer, a kill, cut lines, a stop amid calls (6 minutes)
	cargo bench --features ssr --bench load

shots: build chromium ## Pictures of every state of the page, into end2end/shots
	npm --prefix end2end run shots

path: $(CARGO_LEPTOS) $(WASM_BINDGEN) ## For `cargo leptos` without make: eval "$(make -s path)"
	@echo 'export PATH="$(TOOL_PATH):$$PATH"'

help: ## This list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

##@ Set-up: each step looks first and does nothing if there is nothing to do
.PHONY: wasm-target chromium firefox coturn pebble

wasm-target:
	@scripts/wasm-target

chromium:
	@scripts/chromium

firefox:
	@scripts/firefox

coturn:
	@scripts/coturn

pebble:
	@scripts/pebble

# Its own release profile takes 13 minutes and makes a tool that we run for seconds.
$(CARGO_LEPTOS):
	@echo "set-up: cargo-leptos $(CARGO_LEPTOS_VERSION), built once into $(TOOLS) (6 minutes on 2 cores)"
	@CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
	  cargo install cargo-leptos --quiet --version $(CARGO_LEPTOS_VERSION) --locked \
	  --no-default-features --features no_downloads --root $(@D)/..

# Without --locked: its lock file names a release that has been withdrawn.
$(WASM_BINDGEN):
	@echo "set-up: wasm-bindgen $(WASM_BINDGEN_VERSION), built once into $(TOOLS) (2 minutes on 2 cores)"
	@cargo install wasm-bindgen-cli --quiet --version $(WASM_BINDGEN_VERSION) --root $(@D)/..

# The stamp carries the lock file's hash, not its time: a checkout of another branch and back installs nothing.
$(NODE_MODULES):
	@echo "set-up: npm packages of the browser tests, and wasm-opt (20 seconds)"
	@cd end2end && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --no-audit --no-fund --loglevel=error
	@touch $@
