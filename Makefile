# The two commands of the README: `make demo` and `make test`. Both make .venv first.
PYTHON ?= python3
BIN := .venv/bin
WORKERS ?= 4

# tests' asserts are rewritten, and commands compiled, once and not by each of their processes
unexport PYTHONDONTWRITEBYTECODE
# every core has a process of its own: more threads of linear algebra only spin
export OPENBLAS_NUM_THREADS := 1

.DEFAULT_GOAL := help
.PHONY: help demo test check lint types imports twins golden docs notebooks unit rewritten integration exhaustive bench load packages compat version format clean

help:
	@echo "make demo         index the documentation of Python's standard library and search it"
	@echo "make check        lint, types, import contracts, twins and unit tests: under a minute"
	@echo "make test         the same, the documentation, and the integration tests: 8 minutes"
	@echo "make twins        make the sync texts from the async ones"
	@echo "make golden       the SQL that unit tests compare, after a change of a statement"
	@echo "make docs         the documentation as web pages in site/"
	@echo "make notebooks    run the notebooks and keep their outputs"
	@echo "make bench        the benchmarks' tables"
	@echo "make exhaustive   interruptions of every verb at every suspension, 10,000 at random, and more"
	@echo "make load         128 callers mixing every verb for ten minutes"
	@echo "make packages     build every distribution, check it, and try it where nothing else is installed"
	@echo "make compat       the tests on the lowest versions of what is used, and on the newest on each Python"
	@echo "make version      write VERSION=1.2.3 into every distribution"
	@echo "make format       let ruff format and fix"
	@echo "make clean        remove .venv and caches"

.venv/.demo: pyproject.toml
	@echo "Installing pgrecall, PostgreSQL, a small embedding model and the frameworks into .venv: a few minutes, once"
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check -e '.[all]'
	touch $@

.venv/.dev: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $@ .venv/.demo

# stores of other packages in an environment of their own: the tests copy tables that they made
PEERS := benchmarks/peers/langchain_postgres.txt benchmarks/peers/llama_index_postgres.txt \
	benchmarks/checkpointers/langgraph_postgres.txt

.venv/.peers: $(PEERS) | .venv/.dev
	$(PYTHON) -m venv --clear .venv/peers
	.venv/peers/bin/python -m pip install --quiet --disable-pip-version-check \
		--prefer-binary --no-compile $(PEERS:%=-r %)
	touch $@

# memories of agents that are kept in pgrecall, likewise in an environment of their own
AGENTS := integration_tests/agents/packages.txt

.venv/.agents: $(AGENTS) | .venv/.dev
	$(PYTHON) -m venv --clear .venv/agents
	.venv/agents/bin/python -m pip install --quiet --disable-pip-version-check \
		--prefer-binary --no-compile -r $(AGENTS) -e '.[binary,langgraph]'
	touch $@

demo: .venv/.demo
	@echo "Starting PostgreSQL; the first time the demo indexes the documentation of Python"
	$(BIN)/pgrecall demo

CHECKS := lint types imports unit
# side by side: what one of them leaves of two cores, another takes
SIDE_BY_SIDE := @$(MAKE) --no-print-directory --jobs=3 --output-sync=target

test: .venv/.dev
	$(SIDE_BY_SIDE) $(CHECKS) docs rewritten
	@$(MAKE) --no-print-directory integration

check: .venv/.dev
	$(SIDE_BY_SIDE) $(CHECKS)

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/.dev
	$(BIN)/mypy

imports: .venv/.dev
	$(BIN)/lint-imports

twins: .venv/.dev
	PYTHONPATH=src $(BIN)/python -m twins

golden: .venv/.dev
	$(BIN)/python -m unit_tests.statements.make_golden

docs: .venv/.dev
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

notebooks: .venv/.dev
	$(BIN)/python notebooks/make.py

unit: .venv/.dev
	$(BIN)/pytest unit_tests --disable-socket --allow-unix-socket -n 2 -q

# the asserts of the integration tests are rewritten once, before four processes would each do it,
# and again where a file of them is new
rewritten: .venv/.rewritten

.venv/.rewritten: .venv/.dev $(shell find integration_tests -name '*.py')
	@$(BIN)/pytest integration_tests --collect-only -qq > /dev/null
	@touch $@

integration: .venv/.dev .venv/.peers
	$(BIN)/pytest integration_tests -n $(WORKERS) --dist loadfile --no-loadscope-reorder -q

bench: .venv/.dev
	$(BIN)/python benchmarks/writes.py
	$(BIN)/python benchmarks/search.py
	$(BIN)/python benchmarks/hands.py
	$(BIN)/python benchmarks/adapters.py
	$(BIN)/python benchmarks/checkpoints.py
	$(BIN)/python benchmarks/plans.py
	$(BIN)/python benchmarks/recall.py
	$(BIN)/python benchmarks/text_quality.py
	$(BIN)/python benchmarks/hybrid_quality.py

# minutes in place of seconds: every way of interrupting at every suspension, ten thousand at random,
# and every case of the tests of which `make test` takes a part
exhaustive: .venv/.dev .venv/.peers .venv/.agents
	PGRECALL_EXHAUSTIVE=1 $(BIN)/pytest integration_tests -n $(WORKERS) --dist loadfile -q
	$(BIN)/python -m integration_tests.interruptions.campaign --count 10000

load: .venv/.dev
	$(BIN)/python benchmarks/load.py --minutes 10

# minutes: neither is a part of `make test`, which looks into the wheels alone
packages: .venv/.dev
	$(BIN)/python -m packages.tools

compat: .venv/.dev
	$(BIN)/python -m packages.tools.compat

version: .venv/.dev
	$(BIN)/python -m packages.tools.versions $(VERSION)

format: .venv/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf .venv site dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
