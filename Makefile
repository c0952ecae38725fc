# Two commands for a newcomer: `make demo` and `make test`. `make help` prints the rest.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PROMPT ?= A blog with users, posts and comments
OUT ?= out
CODE := chassis orchestrator_svc generator_svc files_svc bridge cli clients tests bench tools
PYTEST_ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo up test check gen drift fmt lint types walls protos lock e2e browser chaos bench slow clean

help: ## Show this help
	@awk 'BEGIN {FS = ":.*## "} /^[a-z0-9-]+:.*## / {printf "  %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## Create the virtual environment and install the locked dependencies

$(STAMP): requirements/dev.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Backsmith needs Python 3.11 or newer: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: setup ## Generate a backend: make demo PROMPT="..." OUT=dir
	$(BIN)/backsmith generate "$(PROMPT)" --out "$(OUT)" --force

up: setup ## Run the whole system on this machine, in the foreground
	$(BIN)/backsmith up

test: setup ## Run the tests: unit, contract, integration and end to end
	$(BIN)/pytest -m "not browser and not slow" $(PYTEST_ARGS)

check: lint types walls protos drift ## Run every static check that guards main

gen: setup ## Regenerate the stubs, the schema and the pages of docs/ that are made from code
	$(BIN)/python tools/generate_stubs.py
	$(BIN)/python tools/document_settings.py
	$(BIN)/python tools/document_errors.py
	$(BIN)/python tools/generate_spec_schema.py

drift: setup ## Fail if what is generated differs from its sources
	$(BIN)/python tools/generate_stubs.py --check
	$(BIN)/python tools/document_settings.py --check
	$(BIN)/python tools/document_errors.py --check
	$(BIN)/python tools/generate_spec_schema.py --check

fmt: setup ## Format the code
	$(BIN)/ruff check --fix-only --quiet $(CODE)
	$(BIN)/ruff format --quiet $(CODE)

lint: setup ## Lint the code and check its format
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)

types: setup ## Type-check with mypy --strict
	$(BIN)/mypy

walls: setup ## Check the walls between the packages
	$(BIN)/lint-imports

protos: setup ## Lint the protos and check them for breaking changes
	$(BIN)/buf lint
	$(BIN)/buf format --diff --exit-code protos
	$(BIN)/python tools/check_breaking.py

lock: ## Recompute the hashed locks from pyproject.toml
	$(BIN)/pip install --quiet uv
	for group in runtime dev bench build; do sh requirements/compile.sh $(BIN)/uv $$group; done

e2e: setup ## Run only the tests over the real processes
	$(BIN)/pytest -m e2e $(PYTEST_ARGS)

browser: setup ## Run the tests in headless Chromium (Debian: apt-get install chromium)
	$(BIN)/pytest -m browser $(PYTEST_ARGS)

slow: setup ## Run the slow lane, proofs over the whole corpus: make slow EXAMPLES=100 JOBS=2
	EXAMPLES=$(or $(EXAMPLES),20) $(BIN)/pytest -m slow -n $(or $(JOBS),2) --dist worksteal --timeout 3600 $(PYTEST_ARGS)

chaos: setup ## Kill processes at random: make chaos MINUTES=10 SEED=7 CLUSTER=1 POSTGRES=1
	$(BIN)/python -m tests.chaos --minutes $(or $(MINUTES),2) --seed $(or $(SEED),1) $(if $(CLUSTER),--cluster) $(if $(POSTGRES),--postgres)

bench: setup ## Run the benchmarks; each prints ratios
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bench.lock
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then apt-get install --yes --quiet=2 --no-install-recommends nginx-light libnginx-mod-nchan >/dev/null || echo "nchan could not be installed: it will be skipped"; fi
	for script in bench/bench_*.py; do $(BIN)/python $$script || exit 1; done

clean: ## Remove the virtual environment, caches and the demo's output
	rm -rf $(VENV) out .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
