# The two commands are `make run` and `make test`; the rest is for those who change the portal.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
export PORT

.PHONY: run test test-spark eval-pii races venv lint check format bench bench-full sql-roles clean browser-tests

run: $(VENV)/.base
	@"$(BIN)/python" manage.py up --port "$(PORT)"

# The browser keeps an event loop in its process, which other tests' connections do not bear: it walks in processes of its own.
test: $(VENV)/.dev
ifdef ARGS
	@"$(BIN)/python" -m pytest -n "$${TEST_WORKERS:-2}" --dist loadgroup $(ARGS)
else
	@"$(BIN)/python" -m pytest -n "$${TEST_WORKERS:-2}" --dist loadgroup --ignore=tests/browser
	@"$(BIN)/python" -m pytest -n "$${TEST_WORKERS:-2}" --dist loadgroup -p no:randomly tests/browser
endif

# All kinds of rules on a Spark of its own; it needs Java 17 and installs half a gigabyte, so it is no part of `make test`.
test-spark: $(VENV)/.spark
	@"$(BIN)/python" -m pytest -p no:randomly tests/quality/spark $(ARGS)

venv: $(VENV)/.dev

# The stamps make a second start quick and renew the environment when a pin changes. Python is called
# with -m throughout: scripts with a blank in their first line's path do not start.
$(VENV)/.base: requirements/base.txt
	@"$(PYTHON)" -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] + ". Name another: make run PYTHON=python3.12") if sys.version_info < (3, 11) else None'
	@test -x "$(BIN)/python" || { echo "Making the environment in $(VENV) ..."; "$(PYTHON)" -m venv "$(VENV)"; }
	@echo "Installing what the portal needs ..."
	@"$(BIN)/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/base.txt
	@touch "$@"

$(VENV)/.dev: $(VENV)/.base requirements/dev.txt
	@echo "Installing what the tests need ..."
	@"$(BIN)/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch "$@"

$(VENV)/.spark: $(VENV)/.dev requirements/spark.txt
	@echo "Installing Spark ..."
	@"$(BIN)/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/spark.txt
	@touch "$@"

# Each line is a rule that has a failure it would have caught; see CONTRIBUTING.md.
lint: $(VENV)/.dev
	@"$(BIN)/python" -m ruff check .
	@"$(BIN)/python" -m ruff format --check .
	@"$(BIN)/python" -c 'from importlinter.cli import lint_imports_command as lint; lint()' --no-logo
	@"$(BIN)/python" -m djlint templates --lint --quiet
	@"$(BIN)/python" -m mypy

check: lint
	@"$(BIN)/python" manage.py makemigrations --check --dry-run
	@"$(BIN)/python" manage.py check

format: $(VENV)/.dev
	@"$(BIN)/python" -m ruff check --fix --quiet . ; "$(BIN)/python" -m ruff format --quiet .

bench: $(VENV)/.dev
	@"$(BIN)/python" -m benchmarks --small

bench-full: $(VENV)/.dev
	@"$(BIN)/python" -m benchmarks

# Two people at the same moment, two hundred times for each pair of deeds, and a hundred applies that are killed; the tests do
# it fifty and twenty-five times.
races: $(VENV)/.dev
	@RACES=200 KILLS=100 "$(BIN)/python" -m pytest -n "$${TEST_WORKERS:-2}" tests/workflow/test_races.py tests/contracts/test_races.py tests/deploy/test_apply_races.py \
	  tests/deploy/test_plan_races.py tests/deploy/test_plan_faults.py

# Detection of personal data on columns that nothing is tuned on; fails below the limits. CI runs the set that it is tuned on.
eval-pii: $(VENV)/.dev
	@"$(BIN)/python" -m tests.policy.detection.evaluation

sql-roles: $(VENV)/.base
	@"$(BIN)/python" -c 'from apps.dcs import roles; print(roles.CREATE_ROLES + roles.CREATE_SCHEMA.format(database="your_database"))'

clean:
	rm -rf "$(VENV)" var
