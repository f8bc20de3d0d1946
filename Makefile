# The two commands of the README: `make demo` and `make test`. Both make .venv first.
PYTHON ?= python3
BIN := .venv/bin
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help demo test lint types imports unit integration bench format clean

help:
	@echo "make demo         index the documentation of Python's standard library and search it"
	@echo "make test         lint, types, import contracts, unit and integration tests"
	@echo "make bench        the benchmarks' tables"
	@echo "make format       let ruff format and fix"
	@echo "make clean        remove .venv and caches"

.venv/.demo: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[all]'
	touch $@

.venv/.dev: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $@ .venv/.demo

demo: .venv/.demo
	$(BIN)/pgrecall demo

test: lint types imports unit integration

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/.dev
	$(BIN)/mypy

imports: .venv/.dev
	$(BIN)/lint-imports

unit: .venv/.dev
	$(BIN)/pytest unit_tests --disable-socket --allow-unix-socket -q

integration: .venv/.dev
	$(BIN)/pytest integration_tests -n $(WORKERS) --dist loadfile -q

bench: .venv/.dev
	$(BIN)/python benchmarks/writes.py
	$(BIN)/python benchmarks/search.py
	$(BIN)/python benchmarks/plans.py
	$(BIN)/python benchmarks/text_quality.py
	$(BIN)/python benchmarks/hybrid_quality.py

format: .venv/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
