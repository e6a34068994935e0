# `make help` lists the targets.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# What test-aws runs: "-m aws" leaves out what is in test, too.
AWS ?= tests/aws tests/readers tests/e2e/test_s3.py tests/stores tests/metastores
# What test runs; with MARKED= everything, test-aws included.
MARKED ?= not aws
# So many files of tests side by side, each with a Spark of its own; WORKERS=0 runs them one by one.
WORKERS ?= $(shell n=$$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2); [ "$$n" -gt 4 ] && n=4; echo "$$n")
PYTEST ?= $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

.PHONY: help demo archive test test-aws check format warehouses

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@echo "installing into $(VENV) (Spark is 300 MB; once)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test,quality,report]'
	@touch $@

demo: $(STAMP) ## a month of generated music: land, DDL, backfill, a failing check, a rollback, queries
	@$(BIN)/python -m demo

warehouses: $(STAMP) ## all four warehouses from generated files, then their status and reports
	@$(BIN)/python -m demo.warehouses

archive: $(STAMP) ## classes of Spark packed once, so that each start takes half the time (tests do it, too)
	-@$(BIN)/python -m runner.training

test: $(STAMP) archive ## all tests but the longest of AWS, which are test-aws
	$(PYTEST) -m "$(MARKED)"

test-aws: $(STAMP) archive ## what runs on AWS, executed against servers on this machine
	$(PYTEST) $(AWS)

check: $(STAMP) ## formatting, lint, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
# What goes to clusters meets a Python 3.9 there. mypy knows it no more, but knows more of objects' methods.
	$(BIN)/mypy --python-version 3.10 -p runner.job
	$(BIN)/vermin --quiet --no-tips --violations --target=3.9- runner/__init__.py runner/job

format: $(STAMP) ## format and sort
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
