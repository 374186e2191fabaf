# make test       environment, install, default tests (what a newcomer runs)
# make test-slow  the slow tests
# make test-all   both
# make lint       style, type hints, types
# make demo       six rendered figures, predicted by the small model that ships
# PYTHON=python3.12 make test   another Python; each gets an environment of its own
# TESTS=tests/models make test  some of the tests, or options for pytest

PYTHON ?= python3
VENV ?= .venv$(patsubst -python3,,-$(notdir $(PYTHON)))
RUN := $(VENV)/bin/python
PYTEST := $(RUN) -m pytest -n auto --maxprocesses 4 --durations=10

.PHONY: install test test-slow test-all lint demo clean

install: $(VENV)/installed

$(VENV)/installed: setup.py
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed: PYTHON=python3.11 make")'
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --upgrade pip
	$(RUN) -m pip install --quiet --editable '.[dev]'
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

demo: install
	rm -rf demo
	$(RUN) tools/make_figures.py --output demo/figures --count 6 --seed 4
	$(RUN) tools/infer.py --weights checkpoints/figures.safetensors --images demo/figures/TrainVal_images/val_images --output demo/results
	@echo
	@echo "Look at the pictures in demo/results/overlay; README.md says what else lies in demo/results."

clean:
	rm -rf $(VENV) .venv-* demo build *.egg-info .pytest_cache .ruff_cache .mypy_cache
