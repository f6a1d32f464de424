# `make` lists what there is. Everything runs from a clean checkout: what is missing is installed by .ci/setup.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo test bench chaos chaos-mutants conformance bench-sdks bench-peers dev gen vectors lint fmt clippy tidy peers-lint sdk-lint gen-check proto-lint deny verify setup setup-lint clean

export PATH := $(CURDIR)/.tools/bin:$(PATH)
TARGET := $(or $(CARGO_TARGET_DIR),target)

# Where CI is set, Cargo.lock must be right; elsewhere Cargo may write it.
LOCKED := $(if $(CI),--locked)
# The whole workspace at once, so that the lint, the tests and the demo of one `make verify` select the same features and
# no dependency is built twice.
BUILD_ALL := cargo build $(LOCKED) --workspace --all-targets
BUILD_DEMO := cargo build $(LOCKED) -p esteira-server -p esteira-demo

# The SDKs that are not part of the workspace. Their tests run against the coordinator that was built.
SDKS := python go deno csharp
export ESTEIRA_BIN := $(abspath $(TARGET))/debug/esteira

# PostgreSQL as it is configured for a machine that is its own; what makes commits safe stays as it is.
BENCH_POSTGRES := shared_buffers=1GB max_wal_size=8GB

# $(call stage,NAME,COMMAND): runs it and says how long it took, whatever came of it.
stage = @echo "== $(1)"; begun=$$SECONDS; code=0; { $(2); } || code=$$?; echo "== $(1): $$((SECONDS - begun)) s$$([ $$code = 0 ] || echo ', FAILED')"; exit $$code

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: setup ## start a coordinator and workers on a laptop and follow one job
	$(BUILD_DEMO)
	$(TARGET)/debug/esteira-demo

test: setup ## every test; those of tests/e2e run the workers of the other languages
	$(BUILD_ALL)
	cargo test $(LOCKED) --workspace --no-fail-fast
	python3 -m unittest discover -s tests/peers
	$(foreach sdk,$(SDKS),$(MAKE) --no-print-directory -C sdk/$(sdk) test && ) true

bench: ## measure an optimised build on both databases, and draw docs/performance/; with ARGS=.. only print what they ask for
	cargo build $(LOCKED) --release -p esteira-server --features ablation
	cargo build $(LOCKED) -p esteira-testkit --bin with-postgres
	$(TARGET)/debug/with-postgres $(BENCH_POSTGRES) -- $(TARGET)/release/esteira bench --database sqlite,{url} \
		--json $(TARGET)/bench.json $(or $(ARGS),--seconds 3)
	$(if $(ARGS),,cargo xtask charts $(TARGET)/bench.json docs/performance)

bench-sdks: setup ## what a worker of each SDK costs a task: one process, 1 and 64 slots, SQLite (ARGS=.. are passed on)
	cargo build $(LOCKED) --release -p esteira-server --features ablation
	cargo build $(LOCKED) --release -p esteira-kit
	go build -C sdk/go -buildvcs=false -o $(abspath $(TARGET))/bench-go-worker ./conformance/conformance-worker
	$(TARGET)/release/esteira bench sdks $(or $(ARGS),--seconds 3) \
		--worker 'rust=$(TARGET)/release/conformance-worker --server {server} --slots {slots}' \
		--worker 'go=$(TARGET)/bench-go-worker --server {server} --slots {slots}' \
		--worker 'python=.tools/sdk-python/bin/python sdk/python/conformance/conformance_worker.py --server {server} --slots {slots}' \
		--worker 'deno=deno run --quiet --frozen --cached-only --allow-all sdk/deno/conformance/conformance_worker.ts --server {server} --slots {slots}'

bench-peers: setup ## the same workload on other engines, in alternation: tests/peers (ARGS=.. are passed on)
	cargo build $(LOCKED) --release -p esteira-server
	python3 tests/peers/run.py --esteira $(TARGET)/release/esteira $(ARGS)

conformance: setup ## the workers of all SDKs through every scenario; writes docs/conformance.md (ARGS=.. choose some, and write nothing)
	$(BUILD_ALL)
	$(TARGET)/debug/conformance $(or $(ARGS),--write docs/conformance.md)

chaos: setup ## real faults on real processes, and a checker of what was promised (ARGS='--seed 1 --rounds 5' choose)
	$(BUILD_ALL)
	$(TARGET)/debug/chaos $(ARGS)

# The ordinary binary is built again afterwards: what lies in $(TARGET)/debug never has a bug.
chaos-mutants: setup ## coordinators with seeded bugs, each of which the checker must catch
	cargo build $(LOCKED) -p esteira-server --features seeded-bugs
	mkdir -p $(TARGET)/seeded-bugs
	cp $(TARGET)/debug/esteira $(TARGET)/seeded-bugs/esteira
	$(BUILD_ALL)
	$(TARGET)/debug/chaos mutants --esteira $(TARGET)/seeded-bugs/esteira $(ARGS)

tamper-drill: setup ## every edit of the drill, and 100 sweeps over an honest store under load; writes docs/tamper-drill.md
	ESTEIRA_TAMPER_SWEEPS=100 ESTEIRA_TAMPER_TABLE=$(CURDIR)/docs/tamper-drill.md \
		cargo test $(LOCKED) --workspace --test tamper -- --nocapture --test-threads 1

dev: ## a coordinator for development: no configuration, data in ./dev-data
	cargo run $(LOCKED) -p esteira-server --bin esteira -- dev $(ARGS)

gen: ## regenerate the code that is made from proto/
	cargo xtask gen

vectors: ## regenerate tests/vectors/*.json from their sources; fails when that changes them
	@before=$$(cat tests/vectors/*.json | sha256sum); cargo run $(LOCKED) -q -p esteira-vectors -- write; \
	after=$$(cat tests/vectors/*.json | sha256sum); [ "$$before" = "$$after" ] || { echo "the vectors changed: read what is different, and commit it" >&2; exit 1; }

lint: setup-lint ## format, clippy, house rules, generated code, contract, dependencies
	$(call stage,fmt,$(MAKE) --no-print-directory fmt)
	$(call stage,tidy,$(MAKE) --no-print-directory tidy)
	$(call stage,peers-lint,$(MAKE) --no-print-directory peers-lint)
	$(call stage,sdk-lint,$(MAKE) --no-print-directory sdk-lint)
	$(call stage,proto-lint,$(MAKE) --no-print-directory proto-lint)
	$(call stage,gen-check,$(MAKE) --no-print-directory gen-check)
	$(call stage,deny,$(MAKE) --no-print-directory deny)
	$(call stage,clippy,$(MAKE) --no-print-directory clippy)

fmt:
	cargo fmt --all --check

clippy:
	cargo clippy $(LOCKED) --workspace --all-targets -- -D warnings

tidy: ## only the house rules: seconds
	cargo xtask tidy

peers-lint: # none of it is in the workspace: that it can be read at all
	python3 -m py_compile tests/peers/*.py tests/peers/*/*.py
	cargo fmt --manifest-path tests/peers/restate/Cargo.toml --check
	for file in tests/peers/load/*.mjs; do node --check "$$file"; done

sdk-lint: # each SDK's linters and type checkers
	$(foreach sdk,$(SDKS),$(MAKE) --no-print-directory -C sdk/$(sdk) lint && ) true

gen-check:
	cargo xtask gen --check

proto-lint:
	.ci/proto-lint

deny:
	cargo deny check --allow unused-wrapper bans licenses sources

verify: ## all that CI runs: lint, test, demo
	$(call stage,lint,$(MAKE) --no-print-directory lint)
	$(call stage,test,$(MAKE) --no-print-directory test)
	$(call stage,demo,$(MAKE) --no-print-directory demo BUILD_DEMO='$(BUILD_ALL)')

setup: ## install what the tests need into .tools/
	@.ci/setup

setup-lint:
	@.ci/setup --lint

clean: ## remove what was built and the data of `make dev`; .tools/ stays
	cargo clean
	rm -rf dev-data
