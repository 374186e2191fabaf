# make test       environment, install, default tests (what a newcomer runs)
# make test-all   the slow tests too
# make lint       style
# PYTHON=python3.12 make test   another Python; each gets an environment of its own

PYTHON ?= python3
VENV ?= .venv$(patsubst -python3,,-$(notdir $(PYTHON)))
RUN := $(VENV)/bin/python

.PHONY: install test test-all lint clean

install: $(VENV)/installed

$(VENV)/installed: setup.py
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed: PYTHON=python3.11 make")'
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --upgrade pip
	$(RUN) -m pip install --quiet --editable '.[dev]'
	touch $@

test: install
	$(RUN) -m pytest -m 'not slow'

test-all: install
	$(RUN) -m pytest

lint: install
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .

clean:
	rm -rf $(VENV) .venv-* build *.egg-info .pytest_cache .ruff_cache
