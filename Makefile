# Everything a developer types. `make serve` and `make test` install what is missing.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# A uv on the PATH is used; otherwise one is installed into .tools, outside the project's own environment.
UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
PORT ?= 8000
INSTALLED := $(VENV)/.installed

.PHONY: setup serve test check lock format lint types imports openapi clean

setup: $(INSTALLED)

.tools/bin/uv:
	$(PYTHON) -m venv .tools
	.tools/bin/python -m pip install --quiet "uv>=0.9"

$(INSTALLED): requirements.lock pyproject.toml | $(filter .tools/bin/uv,$(UV))
	$(UV) venv --quiet --allow-existing --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" $(VENV)
	$(UV) pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --editable .
	touch $@

serve: setup
	$(BIN)/townhall serve --port $(PORT)

test: setup
	$(BIN)/pytest

check: lint types imports test

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: setup
	$(BIN)/mypy

imports: setup
	$(BIN)/lint-imports

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

openapi: setup
	$(BIN)/townhall openapi > docs/openapi.json

# The lock is universal (any platform, Python >= 3.11) and carries no registry address.
lock: | $(filter .tools/bin/uv,$(UV))
	$(UV) pip compile --quiet --universal --generate-hashes --python-version 3.11 --all-extras --group dev \
	  --no-emit-index-url --no-header --output-file requirements.lock pyproject.toml

clean:
	rm -rf $(VENV) .tools
