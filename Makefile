# The commands of this project; `make help` lists them. Each sets up what it needs first: see ./bootstrap.

BIN := .venv/bin
UV := .tools/uv/bin/uv
LOCK := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-header --no-emit-index-url
# Images of Python for containers set it for their build. Here each command and each process of a test would then
# compile all of its modules anew.
unexport PYTHONDONTWRITEBYTECODE
CHECKED := forum_scheduler solver tests tools wsgi.py bootstrap

.PHONY: help run test check bench faults load lock translations clean app dev
.DEFAULT_GOAL := help

help: ## this list
	@sed -n 's/^\([a-z]*\):[^#]*## /\1\t/p' Makefile | expand -t 14

run: app ## set up, then the demo forum: solve, publish, write the agendas, serve (ARGS=--no-serve to stop there)
	@$(BIN)/forum demo $(ARGS)

test: dev check ## the whole test suite (ARGS go to pytest)
	@mkdir -p build
	@$(BIN)/python -m pytest -n 3 --dist worksteal --junitxml=build/junit.xml $(ARGS)

check: dev ## style, types, imports between rooms, translations, migrations; all of them, even after a failure
	@failed=; \
	for command in "ruff check $(wildcard $(CHECKED))" "ruff format --check $(wildcard $(CHECKED))" mypy \
		lint-imports "python -m tools.check_translations" "python -m tools.check_migrations"; do \
		echo "== $${command%% forum_scheduler*}"; \
		$(BIN)/$$command || failed="$$failed\n  $${command%% forum_scheduler*}"; \
	done; \
	if [ -n "$$failed" ]; then printf "make check failed in:$$failed\n"; exit 1; fi

bench: dev ## measure the solver beside textbook models, calendars and print beside bare libraries, and the board
	@$(BIN)/python -m solver warm
	@$(BIN)/python -m tests.bench.bench_literature $(ARGS)
	@$(BIN)/python -m tests.bench.bench_scale
	@$(BIN)/python -m tests.bench.bench_compact
	@$(BIN)/python -m tests.bench.bench_repair
	@$(BIN)/python -m tests.bench.bench_stop --quick
	@$(BIN)/python -m tests.bench.bench_agendas --quick
	@$(BIN)/python -m tests.bench.bench_board

load: dev ## pages of 4,000 companies, the last hour with 500 at once against the real server, the pack of 4,000
	@$(BIN)/python -m tests.bench.bench_companies
	@$(BIN)/python -m tests.bench.bench_stop
	@$(BIN)/python -m tests.bench.last_hour $(ARGS)
	@$(BIN)/python -m tests.bench.bench_agendas

faults: dev ## the solver's tests with every index of its compiled code checked: it looks for writes astray
	@NUMBA_BOUNDSCHECK=1 NUMBA_CACHE_DIR=$(CURDIR)/build/checked $(BIN)/python -m pytest -q tests/solver $(ARGS)

lock: dev ## lock the dependencies of pyproject.toml anew (ARGS=--upgrade: their newest versions)
	$(LOCK) $(ARGS) requirements/tools.in -o requirements/tools.txt
	$(LOCK) $(ARGS) pyproject.toml -o requirements/app.txt
	$(LOCK) $(ARGS) pyproject.toml --group dev -c requirements/app.txt -o requirements/dev.txt

translations: dev ## bring the catalogues up to date with the texts in code and templates
	@$(BIN)/python -m tools.update_translations

clean: ## remove what was made from the checkout, but neither the environment nor instance/
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage
	find forum_scheduler solver tests tools migrations -name __pycache__ -prune -exec rm -rf {} +
	find forum_scheduler -name '*.mo' -delete

app dev:
	@./bootstrap $@
