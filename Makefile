# make test       environment, install, default tests (what a newcomer runs)
# make test-slow  the slow tests
# make test-all   both
# make lint       style, type hints, types
# make demo       a photograph and six rendered figures, predicted by the models that ship
# PYTHON=python3.12 make test   another Python; each gets an environment of its own
# TESTS=tests/models make test  some of the tests, or options for pytest

PYTHON ?= python3
VENV ?= .venv$(patsubst -python3,,-$(notdir $(PYTHON)))
RUN := $(VENV)/bin/python
# Stealing work keeps the tests of a module, which share fixtures, in one process.
PYTEST := $(RUN) -m pytest -n auto --maxprocesses 4 --dist worksteal --durations=10

.PHONY: install test test-slow test-all lint demo clean

install: $(VENV)/installed

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed: PYTHON=python3.11 make")'
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --upgrade pip

$(VENV)/installed: setup.py | $(VENV)/bin/python
	$(RUN) -m pip install --quiet --editable '.[dev]'
	touch $(VENV)/usable $@

# The package alone, as its users have it.
$(VENV)/usable: setup.py | $(VENV)/bin/python
	@echo "Installing the package with TensorFlow: some minutes, and 2 GB on disk."
	$(RUN) -m pip install --editable .
	touch $@

test: install
	$(PYTEST) -m 'not slow' $(TESTS)

test-slow: install
	$(PYTEST) -m slow

test-all: test test-slow

lint: install
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) .ci/check_hints.py
	$(RUN) -m mypy

demo: $(VENV)/usable
	rm -rf demo
	mkdir -p demo/photographs
	cp "$$($(RUN) -c 'import matplotlib.cbook as c; print(c.get_sample_data("grace_hopper.jpg", asfileobj=False))')" demo/photographs
	$(RUN) tools/infer.py --images demo/photographs --output demo/results/photographs
	$(RUN) tools/make_figures.py --output demo/figures --count 6 --seed 4
	$(RUN) tools/infer.py --weights figures --images demo/figures/TrainVal_images/val_images --output demo/results/figures
	@echo
	@echo "Look at demo/results/photographs/overlay and demo/results/figures/overlay; README.md says what else lies beside."

clean:
	rm -rf $(VENV) .venv-* demo build *.egg-info .pytest_cache .ruff_cache .mypy_cache
