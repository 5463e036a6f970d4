# make run     the demonstration city on http://127.0.0.1:8000 (PORT=8001 for another port); Ctrl-C ends it
# make test    every test: on SQLite, on PostgreSQL and in Chromium where they are there
# make bench   how fast money moves, against named baselines (PostgreSQL, pgbench)
# make lint    Python and templates
# make bundle  wheels and static files for a machine without internet, in bundle/

PORT ?= 8000
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
# A machine without internet installs from the bundle that was copied to it.
WHEELS := $(wildcard bundle/wheels)
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check $(if $(WHEELS),--find-links $(WHEELS))

.PHONY: run test bench lint bundle

run: .venv/.installed .env
	@$(BIN)/python manage.py demo_server --port $(PORT)

test: .venv/.installed-dev
	@.ci/test

bench: .venv/.installed-dev
	@$(BIN)/python -m tests.bench $(BENCH)

lint: .venv/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/djlint --quiet --lint templates

bundle: .venv/.installed .env
	$(BIN)/python -m pip download --quiet --disable-pip-version-check -r requirements.txt -d bundle/wheels
	DEBUG=0 CARE_TODAY= CARE_STATIC_ROOT=bundle/static $(BIN)/python manage.py collectstatic --noinput --clear

.venv/.installed: requirements.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed and was not found."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing what requirements.txt names ..."
	@$(PIP) $(if $(WHEELS),--no-index) -r requirements.txt
	@touch $@

.venv/.installed-dev: .venv/.installed requirements-dev.txt
	@echo "Installing what requirements-dev.txt names ..."
	@$(PIP) -r requirements-dev.txt
	@touch $@

# Fresh keys, once: whoever loses this file cannot read the encrypted columns any more.
.env:
	@umask 077; $(BIN)/python -c 'import secrets as s; print("DEBUG=1", "CARE_TODAY=2026-06-20", \
		"SECRET_KEY=" + s.token_urlsafe(50), "CARE_FIELD_KEY=" + s.token_hex(16), \
		"CARE_INDEX_KEY=" + s.token_hex(32), sep="\n")' > $@.new && mv $@.new $@
