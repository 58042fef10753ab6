# Everything a developer types. `make serve` and `make test` install what is missing.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# A uv on the PATH is used; otherwise one is installed into .tools, outside the project's own environment.
UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
PORT ?= 8000
INSTALLED := $(VENV)/.installed

# The web page needs Node; without it everything else works.
NODE_IS_FIT := $(shell node -e 'process.exit(+(parseInt(process.versions.node) < 20))' 2>/dev/null && echo yes)
WEB_SOURCES := $(shell find web -name node_modules -prune -o -type f ! -name api.ts -print) docs/openapi.json

.PHONY: setup web web-check web-dev serve test test-long bench learn check audit lock format lint types imports conversations openapi clean

setup: $(INSTALLED)

.tools/bin/uv:
	$(PYTHON) -m venv .tools
	.tools/bin/python -m pip install --quiet "uv>=0.9"

$(INSTALLED): requirements-dev.lock pyproject.toml | $(filter .tools/bin/uv,$(UV))
	$(UV) venv --quiet --allow-existing --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" $(VENV)
	$(UV) pip sync --quiet --python $(BIN)/python --require-hashes requirements-dev.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --editable .
	touch $@

ifeq ($(NODE_IS_FIT),yes)
web: townhall/web/index.html

townhall/web/index.html: web/node_modules/.installed $(WEB_SOURCES)
	npm --prefix web run --silent build
	touch $@

web/node_modules/.installed: web/package-lock.json
	npm --prefix web ci --no-audit --no-fund --loglevel error
	touch $@

web-check: web
	npm --prefix web run --silent lint
	npm --prefix web run --silent test
else
web web-check:
	@echo "Node.js 20 or later is not installed: the page at /app/ is not built or checked."
	@test -z "$$CI"
endif

# The page on port 3000, remade at every change, against a server on port 8000.
web-dev: web
	npm --prefix web run dev

serve: setup web
	$(BIN)/townhall serve --port $(PORT)

test: setup web
	$(BIN)/pytest

# The faults in their full number: hours of them, in an hour.
test-long: setup
	$(BIN)/pytest -m long -n 0

# What a turn costs, beside the floors: some minutes on a machine that has nothing else to do.
bench: setup
	$(BIN)/python -m bench ratios --chart
	for what in workers streams growth lists start survey; do $(BIN)/python -m bench $$what; done
	$(BIN)/python -m bench.figures

# The clerk's weights, from the labelled examples. scikit-learn is for this alone.
learn: setup
	$(UV) run --quiet --isolated --no-project --python $(BIN)/python --with scikit-learn==1.9.1 --with orjson --with pystemmer python -m training.learn

check: lint types imports web-check test

# What is locked, against the known weaknesses. Needs the network, so not a part of check.
audit: setup
	$(BIN)/pip-audit --strict --disable-pip --require-hashes --requirement requirements.lock
	$(if $(NODE_IS_FIT),npm --prefix web audit --omit dev --audit-level low)

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
	$(if $(NODE_IS_FIT),npm --prefix web run --silent format)

# docs/conversations.md, as the clerk really answers.
conversations: setup
	$(BIN)/python docs/make_conversations.py

openapi: setup
	$(BIN)/townhall openapi > docs/openapi.json

# What the server needs, and the same with what developing it needs. The locks are universal (any platform,
# Python >= 3.11) and carry no registry address.
LOCK := pip compile --quiet --universal --generate-hashes --python-version 3.11 --all-extras \
  --no-emit-index-url --no-header
lock: | $(filter .tools/bin/uv,$(UV))
	$(UV) $(LOCK) --output-file requirements.lock pyproject.toml
	$(UV) $(LOCK) --group dev --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml

clean:
	rm -rf $(VENV) .tools web/node_modules townhall/web
