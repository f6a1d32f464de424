# `make` lists what there is. Everything runs from a clean checkout: what is missing is installed by .ci/setup.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo test test-rust test-python test-go test-deno test-csharp bench dev gen lint fmt clippy tidy gen-check proto-lint deny verify setup setup-lint clean

export PATH := $(CURDIR)/.tools/bin:$(PATH)
TARGET := $(or $(CARGO_TARGET_DIR),target)
PYTHON := $(CURDIR)/.tools/python/bin/python

# Where CI is set, Cargo.lock must be right; elsewhere Cargo may write it.
LOCKED := $(if $(CI),--locked)
# The whole workspace at once, so that the lint, the tests and the demo of one `make verify` select the same features and
# no dependency is built twice.
BUILD_ALL := cargo build $(LOCKED) --workspace --all-targets
BUILD_DEMO := cargo build $(LOCKED) -p esteira-server -p esteira-demo

# $(call stage,NAME,COMMAND): runs it and says how long it took, whatever came of it.
stage = @echo "== $(1)"; begun=$$SECONDS; code=0; { $(2); } || code=$$?; echo "== $(1): $$((SECONDS - begun)) s$$([ $$code = 0 ] || echo ', FAILED')"; exit $$code
# $(call tests,FOLDER,PATTERN,COMMAND): runs a folder's tests, or says that there are none.
tests = @if [ -n "$$(find $(1) -name $(2) -not -path '*/node_modules/*' -print -quit 2>/dev/null)" ]; then echo "$(1):"; cd $(1) && $(3); else echo "$(1): no tests yet"; fi

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: setup ## start a coordinator and workers on a laptop and follow one job
	$(BUILD_DEMO)
	$(TARGET)/debug/esteira-demo

test: setup ## every test, in every language
	$(call stage,test rust,$(MAKE) --no-print-directory test-rust)
	$(call stage,test python,$(MAKE) --no-print-directory test-python)
	$(call stage,test go,$(MAKE) --no-print-directory test-go)
	$(call stage,test deno,$(MAKE) --no-print-directory test-deno)
	$(call stage,test csharp,$(MAKE) --no-print-directory test-csharp)

test-rust:
	$(BUILD_ALL)
	cargo test $(LOCKED) --workspace --no-fail-fast

test-python:
	$(call tests,sdk/python,'test_*.py',$(PYTHON) -m unittest discover --verbose)
	$(call tests,workers/python,'test_*.py',$(PYTHON) -m unittest discover --verbose)

test-go:
	$(call tests,sdk/go,'*_test.go',go vet ./... && go test -v ./...)
	$(call tests,workers/go,'*_test.go',go vet ./... && go test -v ./...)

test-deno:
	$(call tests,sdk/deno,'*.test.ts',deno test --allow-all)
	$(call tests,workers/deno,'*.test.ts',deno test --allow-all)

test-csharp:
	$(call tests,sdk/csharp,'*Tests.cs',dotnet test)
	$(call tests,workers/csharp,'*Tests.cs',dotnet test)

bench: ## measure an optimised build on this machine (ARGS=.. are passed on)
	cargo build $(LOCKED) --release -p esteira-server
	$(TARGET)/release/esteira bench $(ARGS)

dev: ## a coordinator for development: no configuration, data in ./dev-data
	cargo run $(LOCKED) -p esteira-server --bin esteira -- dev $(ARGS)

gen: ## regenerate the code that is made from proto/
	cargo xtask gen

lint: setup-lint ## format, clippy, house rules, generated code, contract, dependencies
	$(call stage,fmt,$(MAKE) --no-print-directory fmt)
	$(call stage,tidy,$(MAKE) --no-print-directory tidy)
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
