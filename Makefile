# Two commands: `make demo` and `make test`. Both install what they need into .venv first, and
# work from any state of the clone.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test check bench lint types build clean install

# The environment's programs come first, then a Node of at least 20.19, wherever it is.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
PYTHON ?=
export PYTHON
DATAVIEW_PORT ?= 8888
ARGS ?=

# What the notebooks and benchmarks scan does not belong into the cache of whoever runs them.
test check bench: export DATAVIEW_CACHE := $(CURDIR)/.venv/.dataview-cache

say = @printf '\033[1m== %s\033[0m\n'
python := .venv/bin/python

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-8s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

install:  ## install into .venv what every other target needs
	@.ci/setup test

demo:  ## open JupyterLab on the quick start (DATAVIEW_PORT=8888, ARGS="..." for jupyter lab)
	@.ci/setup demo
	$(say) "JupyterLab on the quick start: it opens in your browser, or at the URL below; Ctrl+C ends it"
	@exec $(python) -m jupyterlab --ServerApp.root_dir="$(CURDIR)" --port=$(DATAVIEW_PORT) \
	  --LabApp.default_url=/lab/tree/nbs/tutorials/quickstart.ipynb \
	  $$([ "$$(id -u)" != 0 ] || echo --allow-root) $(ARGS)

test: install lint types  ## everything: lint, types, notebooks, TypeScript, Python and browser tests
	$(say) "TypeScript tests (vitest)"
	@cd js && npm run --silent test
	$(say) "notebooks (nbdev_test)"
	@nbdev_test --n_workers 2
	$(say) "Python and browser tests (pytest)"
	@$(python) -m pytest -n 2 --dist loadgroup $(ARGS)

lint: install  ## ruff on notebooks, package and tests; biome on TypeScript
	$(say) "lint (ruff, biome)"
	@ruff check nbs dataview tests
	@ruff format --check nbs tests
	@cd js && npm run --silent lint

types: install  ## mypy --strict and tsc
	$(say) "types (mypy, tsc)"
	@mypy
	@cd js && npm run --silent types

check: install  ## regenerate all that is generated, and fail where that changes a file
	$(say) "regenerating: formatting, dataview/*.py, clean notebooks, README.md"
	@.ci/files > .venv/.files-before
	@ruff format --quiet nbs tests
	@cd js && npm run --silent format
	@nbdev_export
	@nbdev_clean
	@.ci/readme
	@.ci/files > .venv/.files-after
	@if ! changed=$$(diff .venv/.files-before .venv/.files-after); then \
	  printf 'error: these files were not what their sources make; review and commit them:\n'; \
	  sed -n 's/^[<>] [^ ]* /  /p' <<< "$$changed" | sort -u; exit 1; \
	fi
	$(say) "nothing changed"

bench: install  ## time the main paths beside what one would use instead, and print a table
	$(say) "benchmarks (tests/bench)"
	@$(python) tests/bench/bench.py $(ARGS)

build: install  ## the wheel and the source distribution, in dist/
	$(say) "dist/"
	@rm -rf dist
	@$(python) -m uv build --quiet --python $(python) && ls -lh dist

clean:  ## remove what was built and cached; .venv and js/node_modules stay
	$(say) "removing build outputs and caches"
	@rm -rf dist build dataview/static dataview/labextension js/lib
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
	@find nbs dataview tests -name __pycache__ -o -name .ipynb_checkpoints | xargs rm -rf
