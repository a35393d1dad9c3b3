# `make run` and `make test` need Rust, a C compiler, Node and a Debian-like apt. They install the rest themselves, once.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
# One target after the other: cargo locks its folder anyway, and the output stays readable.
.NOTPARALLEL:

CARGO_LEPTOS_VERSION := 0.3.10
# The tool and the library must have the same version, so Cargo.lock decides for both.
WASM_BINDGEN_VERSION := $(shell awk '/^name = "wasm-bindgen"$$/ { getline; gsub(/"/, "", $$3); print $$3 }' Cargo.lock)

# Outside of the repository, so that a fresh clone does not build them again.
TOOLS := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/passerby/tools
CARGO_LEPTOS := $(TOOLS)/cargo-leptos-$(CARGO_LEPTOS_VERSION)/bin/cargo-leptos
WASM_BINDGEN := $(TOOLS)/wasm-bindgen-$(WASM_BINDGEN_VERSION)/bin/wasm-bindgen
NODE_MODULES := end2end/node_modules/.installed-$(firstword $(shell sha256sum end2end/package-lock.json))

# Tools that only `make dist` and `make licences` need, as NAME-VERSION.
DIST_TOOLS := $(addprefix $(TOOLS)/,cargo-about-0.9.3 cargo-auditable-0.7.7 cargo-cyclonedx-0.5.9 cargo-deb-3.8.0 cargo-deny-0.20.2)

# cargo-leptos uses the tools on the PATH. wasm-opt comes from npm: Debian's is too old and breaks the page.
TOOL_PATH := $(dir $(CARGO_LEPTOS)):$(dir $(WASM_BINDGEN)):$(CURDIR)/end2end/node_modules/.bin
export PATH := $(TOOL_PATH):$(PATH)

# Bytes of wasm after brotli: what the first page needs (with everything else it stays below 160 KB), and what a call needs
# in addition. A larger number needs a reason in the commit.
PAGE_BUDGET_BYTES := 110592
CALL_BUDGET_BYTES := 151808

# The peers of `make bench`; benches/peers/servers.rs names the version, too.
MATCHBOX := $(TOOLS)/matchbox_server-0.15.0/bin/matchbox_server
REPLACED_MODULES := benches/peers/replaced/node_modules/.installed-$(firstword $(shell sha256sum benches/peers/replaced/package-lock.json))

# What builds the program. `make dist` replaces it, to put the list of the program's crates into it.
BUILD := cargo build

# Newer than the page in target/site.
PAGE := target/site/.built

# The language of `make shots LANG=de`. The environment has a LANG, too, which does not count.
SHOTS_LANG := $(if $(filter command,$(firstword $(origin LANG))),$(LANG))

LEPTOS_SITE_ADDR ?= 127.0.0.1:3000
export LEPTOS_SITE_ADDR

##@ Commands
.PHONY: run lan cluster dev build check lint test browser-tests samples fuzz soak autobahn abuse bench load shots dist dist-check licences advisories path help

run: build ## Build for release and serve on LEPTOS_SITE_ADDR (127.0.0.1:3000)
	@echo "Passerby is at http://$(LEPTOS_SITE_ADDR) - open it in two windows. Ctrl-C stops it."
	@exec target/release/passerby

lan: build ## Serve to phones in the same network over https on port 3443, with a self-signed certificate
	@echo "Open one of the addresses below on the phone. It shows a warning: compare the fingerprint, then continue. Ctrl-C stops the server."
	@LEPTOS_SITE_ADDR=0.0.0.0:3443 PASSERBY__TLS__SELF_SIGNED=true exec target/release/passerby

cluster: build redis proxies ## Serve as a cluster on this machine: a Redis, a core, two edges and Caddy in front, on port 3000
	@scripts/cluster

dev: wasm-target $(CARGO_LEPTOS) $(WASM_BINDGEN) ## Serve, and rebuild at every change
	cargo leptos watch

build: tools $(PAGE) ## target/release/passerby, with the page inside; fails if the wasm is too heavy
	$(BUILD) --release --bin passerby --features embed

# Linking the page into the program takes two minutes, so it is built again only if something has changed. `make dev`
# deletes the stamp.
$(PAGE): $(shell find src style public) Cargo.toml Cargo.lock Makefile $(CARGO_LEPTOS) $(WASM_BINDGEN) $(NODE_MODULES)
	cargo leptos build --frontend-only --release -P --split --lib-features split
	@scripts/settle-page target/site
	@scripts/weigh-wasm target/site/pkg $(PAGE_BUDGET_BYTES) $(CALL_BUDGET_BYTES)
	@touch $@

check: lint systemd redis ## The fast loop: formatting, lints for both halves, unit and property tests
	cargo test --features ssr

lint: wasm-target $(NODE_MODULES) ## Formatting, lints for both halves, and types of the browser stories
	cargo fmt --check
	cargo fmt --check --manifest-path fuzz/Cargo.toml
	cargo clippy --features embed --tests --benches -- -D warnings
	cargo clippy --features hydrate --lib --target wasm32-unknown-unknown -- -D warnings
	cargo clippy --features split --lib --target wasm32-unknown-unknown -- -D warnings
	npm --prefix end2end run --silent check

test: tools chromium firefox webkit coturn pebble proxies redis systemd fonts ## Everything that must pass before a change is merged
	@scripts/test-stages

browser-tests: build chromium firefox webkit coturn pebble proxies redis fonts ## The stories in end2end/tests in real Chromium, Firefox and WebKitGTK
	cargo test --features ssr --test house gallery
	npm --prefix end2end test

samples: build ## The sample configurations in docs/ with Caddy, nginx, coturn and systemd, and the container by its steps
	@scripts/check-samples

fuzz: ## Fuzz messages, descriptions, candidates and the relay for FUZZ_SECONDS (20) each
	@scripts/fuzz

soak: build chromium firefox coturn proxies redis autobahn fonts ## Everything slow: bad networks (as root), a long call, 200 Nexts, thousands of lost sockets, slow attacks, thousands of bots, conformance, hours of fuzzing
	@command -v tcpdump >/dev/null || scripts/apt-install tcpdump
	@command -v certutil >/dev/null || scripts/apt-install libnss3-tools
	@command -v slowhttptest >/dev/null || scripts/apt-install slowhttptest
	CLOSES=2000 KILLS=200 cargo test --features ssr --test house -- closes:: killed:: gallery::
	CLUSTER_SEEDS=10 CLUSTER_SECONDS=600 CLUSTER_PAGES=300 cargo test --features ssr --test house -- --nocapture cluster::chaos::
	PROPTEST_CASES=10000 cargo test --features ssr --lib -- cluster::tests::histories::
	npm --prefix end2end run soak
	cargo bench --features ssr --bench load -- killed cut drain unacknowledged cluster-core-killed cluster-edge-killed
	cargo bench --features ssr --bench abuse
	FUZZ_SECONDS=$${FUZZ_SECONDS:-3600} FUZZ_SEED=0 scripts/fuzz

autobahn: ## The WebSocket conformance suite (needs Python 2.7)
	@scripts/autobahn

abuse: ## Latency of a well-behaved pair under floods and beside clients that never read or never answer (4 minutes)
	cargo bench --features ssr --bench abuse

bench: coturn peers ## Instructions of what the server does for each message, against a baseline; memory and processor time of a peer; the relay against coturn; a page of a long queue; the server beside what people would run instead (70 minutes)
	@command -v valgrind >/dev/null || scripts/apt-install valgrind
	cargo bench --features ssr --bench instructions
	cargo bench --features ssr --bench load -- idle calls
	cargo bench --features ssr --bench relay
	cargo bench --features ssr --bench queue
	cargo bench --features ssr --bench peers

load: redis ## The server with 19,000 bots: memory, processor time, a kill, lost sockets, a shutdown during calls; a cluster with 30,000 (12 minutes)
	cargo bench --features ssr --bench load

shots: build chromium fonts ## Screenshots of every state of the page, in end2end/shots; with LANG=de, in that language
	$(if $(SHOTS_LANG),cargo test --features ssr --test house gallery)
	SHOTS_LANG=$(SHOTS_LANG) npm --prefix end2end run shots

# Their folders come first on the PATH: cargo finds its subcommands there.
dist licences advisories: export PATH := $(shell printf '%s/bin:' $(DIST_TOOLS))$(PATH)

dist: tools $(DIST_TOOLS:=/.installed) licences ## Packages of the last commit in dist/: a tarball, a .deb, their checksums, licences and lists of crates
	@scripts/dist

dist-check: ## Install the .deb in dist/ in a Debian of its own, run it there, remove it, and check it with lintian (as root)
	@scripts/dist-check

licences: $(DIST_TOOLS:=/.installed) ## The licences and the sources of all crates, without the network
	cargo deny --offline --features embed --target x86_64-unknown-linux-gnu check bans licenses sources
	cargo deny --offline --features split --target wasm32-unknown-unknown check bans licenses sources

advisories: $(DIST_TOOLS:=/.installed) ## Known vulnerabilities of all crates, from RustSec's database, which it fetches
	cargo deny check advisories

path: $(CARGO_LEPTOS) $(WASM_BINDGEN) ## For `cargo leptos` without make: eval "$(make -s path)"
	@echo 'export PATH="$(TOOL_PATH):$$PATH"'

help: ## This list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

##@ Set-up: each step checks first and does nothing if nothing is missing
.PHONY: tools wasm-target chromium firefox webkit coturn pebble proxies redis systemd fonts peers

tools: wasm-target $(CARGO_LEPTOS) $(WASM_BINDGEN) $(NODE_MODULES) ## Everything that `make build` needs

wasm-target:
	@scripts/wasm-target

chromium:
	@scripts/chromium

firefox:
	@scripts/firefox

webkit:
	@scripts/webkit

coturn:
	@scripts/coturn

pebble:
	@scripts/pebble

proxies:
	@scripts/proxies

redis:
	@scripts/redis

systemd:
	@scripts/systemd

fonts:
	@scripts/fonts

peers: $(MATCHBOX) $(REPLACED_MODULES)

# Its own release profile takes 13 minutes to build a tool that runs for seconds.
$(CARGO_LEPTOS):
	@echo "set-up: cargo-leptos $(CARGO_LEPTOS_VERSION), built once into $(TOOLS) (6 minutes on 2 cores)"
	@CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
	  cargo install cargo-leptos --quiet --version $(CARGO_LEPTOS_VERSION) --locked \
	  --no-default-features --features no_downloads --root $(@D)/..

# They run for seconds, too; but cargo-about compares texts, for ten minutes and more if it is not optimised.
$(DIST_TOOLS:=/.installed): $(TOOLS)/%/.installed:
	@echo "set-up: $*, built once into $(TOOLS) (1 to 5 minutes on 2 cores)"
	@tool=$*; CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_OPT_LEVEL=$(if $(filter cargo-about-%,$*),2,0) CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
	  cargo install "$${tool%-*}" --quiet --version "$${tool##*-}" --locked --root $(@D) \
  $(if $(filter cargo-about-%,$*),--features cli)
	@touch $@

# Without --locked, since its lock file names a release that has been withdrawn.
$(WASM_BINDGEN):
	@echo "set-up: wasm-bindgen $(WASM_BINDGEN_VERSION), built once into $(TOOLS) (2 minutes on 2 cores)"
	@cargo install wasm-bindgen-cli --quiet --version $(WASM_BINDGEN_VERSION) --root $(@D)/..

# With its own release profile, since it is measured.
$(MATCHBOX):
	@echo "set-up: matchbox_server, built once into $(TOOLS) (3 minutes on 2 cores)"
	@cargo install matchbox_server --quiet --version 0.15.0 --locked --root $(@D)/..

$(REPLACED_MODULES):
	@echo "set-up: npm packages of the stack that Passerby replaces, for the comparison (10 seconds)"
	@cd benches/peers/replaced && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

# The stamp's name contains the lock file's hash, so switching branches back and forth installs nothing.
$(NODE_MODULES):
	@echo "set-up: npm packages of the browser tests, and wasm-opt (20 seconds)"
	@cd end2end && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --no-audit --no-fund --loglevel=error
	@touch $@
