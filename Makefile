# What a developer or a CI asks for. All of it happens inside .venv: no root, no Node, no Docker, no server of one's own.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input install -qq
TEST_PROCESSES ?= 2
UV_COMPILE := $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header \
	--no-emit-index-url --fork-strategy fewest --quiet

.PHONY: run test lint tour bench lock browser
.DEFAULT_GOAL := run

run: .venv/run.stamp
	@$(BIN)/costops up

test: .venv/dev.stamp browser
	$(BIN)/python -m pytest -n $(TEST_PROCESSES) $(PYTEST_ARGS)

lint: .venv/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	cd sdk && ../$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py spectacular --validate --fail-on-warn --file /dev/null

# The walks through the demo company at both sizes and in both themes; what they saw is kept in docs/tour/.
tour: .venv/dev.stamp browser
	COSTOPS_TOUR=1 $(BIN)/python -m pytest -q tests/pages/test_tour.py

bench: .venv/dev.stamp browser
	$(BIN)/python -m costops.bench

# New pins: `make lock`, or for all of the latest `make lock UPGRADE=--upgrade`. The development lock agrees with the other.
lock: .venv/dev.stamp
	$(PIP) uv
	$(UV_COMPILE) $(UPGRADE) --extra build -o requirements.lock
	$(UV_COMPILE) $(UPGRADE) --extra build --extra dev --constraint requirements.lock -o requirements-dev.lock

# Browser tests drive Debian's Chromium. Root may install it; elsewhere they are skipped where there is none.
browser:
	@if [ "$$(id -u)" = 0 ] && ! command -v chromium >/dev/null && command -v apt-get >/dev/null; then \
		echo "Installing Chromium for the browser tests"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium \
			>/dev/null || echo "Chromium could not be installed"; \
	fi

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else \
		"CostOps needs Python 3.11 or newer; this is " + sys.version.split()[0] + ": make PYTHON=/path/to/python3.11")'
	@echo "Making .venv with $(PYTHON)"
	@rm -f .venv/*.stamp
	@$(PYTHON) -m venv .venv

.venv/run.stamp: requirements.lock pyproject.toml | .venv/bin/python
	@echo "Installing what requirements.lock names (once; a minute on a slow line)"
	@$(PIP) --no-deps --require-hashes --only-binary :all: -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev.stamp: requirements-dev.lock pyproject.toml | .venv/bin/python
	@echo "Installing what requirements-dev.lock names"
	@$(PIP) --no-deps --require-hashes --only-binary :all: -r requirements-dev.lock
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@
