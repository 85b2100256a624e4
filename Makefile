.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9
# uv writes its cache beside the clone's own environment where there is no home to write to.
INSTALL = $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r
LINK = $(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .

.PHONY: help demo up down status doctor test check bench faults prove lock contracts clean

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

$(BIN)/uv:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check 'uv==$(UV_VERSION)'

$(VENV)/.one-machine: $(BIN)/uv requirements/one-machine.txt pyproject.toml
	$(INSTALL) requirements/one-machine.txt
	$(LINK)
	@touch $@

$(VENV)/.development: $(BIN)/uv requirements/development.txt pyproject.toml
	$(INSTALL) requirements/development.txt
	$(LINK)
	@touch $@ $(VENV)/.one-machine

demo: $(VENV)/.one-machine ## set everything up and play the whole journey (ONCE=1: stop afterwards)
	@$(BIN)/unefois demo $(if $(ONCE),--once)

up: $(VENV)/.one-machine ## start the one-machine system
	@$(BIN)/unefois up

down: $(VENV)/.one-machine ## stop it
	@$(BIN)/unefois down

status: $(VENV)/.one-machine ## say how each part is
	@$(BIN)/unefois status

doctor: $(VENV)/.one-machine ## say in words what is wrong
	@$(BIN)/unefois doctor

test: $(VENV)/.development ## all tests, on the same real parts
	$(BIN)/python -m pytest -n 2 --dist loadscope --no-loadscope-reorder --reruns 1 $(ARGS)

check: $(VENV)/.development ## format, lint, types, direction of imports, schemas, lock files
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/unefois contracts check
	@! grep -nE '(https?|file)://|--(extra-)?index-url|--find-links' requirements/*.txt || { echo 'a lock file names a package index'; exit 1; }

contracts: $(VENV)/.development ## write the generated schemas and OpenAPI documents again
	$(BIN)/unefois contracts write

bench: $(VENV)/.development ## measure; writes build/bench.json
	$(BIN)/python -m tests.bench

faults: $(VENV)/.development ## kill it anywhere; writes build/faults.json
	$(BIN)/python -m tests.faults

# Deeper than « test » has time for, and with other chances each time.
prove: $(VENV)/.development ## try every door longer and by chance: two homes, every route, every schema (EXAMPLES=40)
	UNEFOIS_EXAMPLES=$(or $(EXAMPLES),40) $(BIN)/python -m pytest tests/isolation $(ARGS)

lock: $(BIN)/uv ## resolve dependencies anew and write requirements/*.txt
	env -u UV_INDEX_URL -u UV_DEFAULT_INDEX -u UV_INDEX -u UV_EXTRA_INDEX_URL $(BIN)/uv lock --python 3.11 --upgrade
	for f in 'production --no-dev' 'kubernetes --no-dev --extra kubernetes' 'one-machine --no-dev --extra stack --extra sandbox --group install' \
	         'development --extra stack --extra sandbox --extra kubernetes --group install --group test --group check'; do \
	  set -- $$f; name=$$1; shift; \
	  $(BIN)/uv export --quiet --frozen --no-emit-project --no-header --no-annotate --format requirements-txt $$@ -o requirements/$$name.txt; \
	done

clean: ## remove the environment and the state
	rm -rf $(VENV) .unefois build
