# Two commands matter: `make demo` shows the product, `make test` proves it.
# Both set up everything they need in .venv, from nothing.

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
VENDOR = hub/web/static/vendor/.built
PROVIDER = tests/security/provider/node_modules/.installed
SPECTRAL = tests/api/spectral/node_modules/.installed

.PHONY: demo test lint types imports audit sbom serve setup clean

demo: setup
	$(BIN)/hub demo $(ARGS)

serve: setup
	$(BIN)/hub serve

# By file, so that what a file sets up once is set up once. `make test JOBS=0` runs in one process.
JOBS ?= 2

test: setup lint types imports
	$(BIN)/pytest -n $(JOBS) --dist loadscope --no-loadscope-reorder $(ARGS)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

imports: setup
	$(BIN)/lint-imports --config setup.cfg

# Known vulnerabilities fail; a registry that cannot be asked is told, and proves nothing.
audit: setup
	$(BIN)/python .ci/audit.py

# What a release is made of, in CycloneDX: build/sbom/python.cdx.json and web.cdx.json.
sbom: setup
	$(BIN)/python .ci/sbom.py

setup: $(VENV)/.installed $(VENDOR) $(PROVIDER) $(SPECTRAL)

# The project has its metadata in setup.cfg alone. pip wants a build file beside it, so
# setuptools makes the (editable) wheel and pip installs that.
$(VENV)/.installed: setup.cfg
	test -d $(VENV) || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q --upgrade pip 'setuptools>=77'
	rm -rf build/wheel && mkdir -p build/wheel
	$(BIN)/python -W ignore -c "import setuptools; setuptools.setup()" -q \
		editable_wheel --dist-dir build/wheel
	$(BIN)/pip install -q --force-reinstall --no-deps build/wheel/*.whl
	$(BIN)/pip install -q "$$(ls build/wheel/*.whl)[test,prod]"
	touch $@

$(VENDOR): hub/web/package-lock.json
	npm ci --silent --no-audit --no-fund --prefix hub/web
	npm run --silent build --prefix hub/web
	touch $@

# The OpenID Provider that the tests of sign-in talk to; no part of the product.
$(PROVIDER): tests/security/provider/package-lock.json
	npm ci --silent --no-audit --no-fund --prefix tests/security/provider
	touch $@

# The linter that the OpenAPI is held to; no part of the product.
$(SPECTRAL): tests/api/spectral/package-lock.json
	npm ci --silent --no-audit --no-fund --prefix tests/api/spectral
	touch $@

clean:
	rm -rf tests/security/provider/node_modules tests/api/spectral/node_modules
	rm -rf $(VENV) build *.egg-info hub/web/node_modules hub/web/static/vendor .mypy_cache
