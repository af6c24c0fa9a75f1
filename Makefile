# Kontor: `make run` starts it, `make test` tests it, `make check` is the gate without the tests.
PYTHON ?= python3
BIN = .venv/bin
PYTEST = $(BIN)/pytest -n 2 --dist worksteal

.PHONY: run setup check test format lock screenshots prepare prepare-dev

run: prepare
	@exec $(BIN)/python manage.py up

setup: prepare-dev

prepare:
	@$(PYTHON) config/bootstrap.py

prepare-dev:
	@$(PYTHON) config/bootstrap.py --dev

check: prepare-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	@find templates -name '*.html' | xargs --no-run-if-empty $(BIN)/djade --check --target-version 5.2
	$(BIN)/djlint --quiet --lint templates
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy
	$(BIN)/python -W error::RuntimeWarning manage.py makemigrations --check --dry-run
	ALLOWED_HOSTS=kontor.example SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(64))') \
	  $(BIN)/python manage.py check --deploy --fail-level WARNING

test: prepare-dev
	@rm -f .coverage .coverage.*
	env -u TEST_DATABASE_URL $(PYTEST) --ignore=tests/browser --cov --cov-report= --cov-fail-under=0
	$(BIN)/python -m tests.house.postgresql $(PYTEST) --ignore=tests/browser
	env -u TEST_DATABASE_URL $(PYTEST) tests/browser --cov --cov-append --cov-report= --cov-fail-under=0
	$(BIN)/coverage report --skip-covered --skip-empty
	$(BIN)/coverage report --include='*/services.py,*/services/*.py,*/policy.py,*/policy/*.py,*/schedule.py,*/states.py,*/selectors.py,*/selectors/*.py' \
	  --fail-under=100 --skip-covered --skip-empty

format: prepare-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	@find templates -name '*.html' | xargs --no-run-if-empty $(BIN)/djade --target-version 5.2

# The lock files, from pyproject.toml and package.json
lock: prepare-dev
	$(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-header \
	  --no-emit-index-url --no-emit-find-links --extra assets pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-header \
	  --no-emit-index-url --no-emit-find-links --extra assets --extra dev -c requirements.txt \
	  pyproject.toml -o requirements-dev.txt

screenshots: prepare-dev
	$(BIN)/python manage.py screenshots
