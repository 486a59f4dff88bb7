# Everything sets itself up: `make demo` or `make test` on a machine that has Python 3.11 or newer (with venv) and make.
PYTHON ?= python3
VENV   ?= .venv
DEMO   ?= build/demo

PY    := $(VENV)/bin/python
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help demo test lint format bench lock samples notebooks clean

help:
	@echo "make demo     read the sample logs and show the report"
	@echo "make test     run the tests"
	@echo "make lint     check style, types and the order of modules"
	@echo "make format   put the code into house style"
	@echo "make bench    measure speed and memory (minutes; beside pflogsumm where it is installed)"
	@echo "make lock     renew requirements.lock from pyproject.toml"
	@echo "make samples  write the synthetic sample log again"
	@echo "make notebooks  write the notebooks for Jupyter again"

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv --clear $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# Yearless logs are told their year and zone; the others say both themselves.
demo: $(READY)
	@rm -rf $(DEMO) && mkdir -p $(dir $(DEMO))
	$(VENV)/bin/bouncelake ingest -v sample_logs/postfix-a --year 2026 --zone UTC --lake $(DEMO)
	$(VENV)/bin/bouncelake ingest -v sample_logs/postfix-b sample_logs/postfix-two-weeks --lake $(DEMO)
	@echo
	$(VENV)/bin/bouncelake report --format table --lake $(DEMO)
	@echo
	@echo "The same files once more: nothing is counted twice."
	$(VENV)/bin/bouncelake ingest -v sample_logs/postfix-b sample_logs/postfix-two-weeks --lake $(DEMO)
	@echo
	@echo "Try next:"
	@echo "  export BOUNCELAKE_LAKE=$(DEMO)"
	@echo "  $(VENV)/bin/bouncelake report reasons"
	@echo "  $(VENV)/bin/bouncelake report domains --format csv"
	@echo "  $(VENV)/bin/bouncelake query \"SELECT provider, event, count(*) AS events FROM events GROUP BY provider, event ORDER BY events DESC\""

test: $(READY)
	$(PY) -m pytest -n auto

lint: $(READY)
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

format: $(READY)
	$(VENV)/bin/ruff check --fix
	$(VENV)/bin/ruff format

bench: $(READY)
	$(PY) -m tests.bench.bench_postfix

lock: $(READY)
	$(PY) -m pip install --quiet uv
	$(VENV)/bin/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate --no-emit-index-url --upgrade --quiet -o requirements.lock

samples: $(READY)
	$(PY) -m tests.bench.story sample_logs/postfix-two-weeks/mail.log.gz

notebooks: $(READY)
	for name in tour investigation thresholds; do \
		$(PY) -m marimo -q export ipynb notebooks/$$name.py --sort top-down -f -o notebooks/$$name.ipynb; done

clean:
	rm -rf $(VENV) build dist
