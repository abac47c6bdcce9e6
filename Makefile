# Every target works alone on a fresh clone with git, make, Node 20 or newer and npm: the Node that runs our code comes
# with `npm ci`, and `npm run` puts it first on PATH.
.DEFAULT_GOAL := help
.PHONY: help install demo test lab check proto build up down bench bench-data bench-index soak clean

NPM_RUN := npm run --silent
# More arguments for jest or the benchmark: make test ARGS='services/index --verbose', make bench-data ARGS=--help
ARGS :=

help:
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 13

node_modules/.installed: package.json package-lock.json
	npm ci --loglevel=error
	@touch $@

install: node_modules/.installed

demo: install ## Starts an index and three peers on this machine and shares, searches, gets and kills, by itself
	@$(NPM_RUN) demo

test: install ## Runs every test that needs no Docker engine; what lacks a tool is skipped by name
	@$(NPM_RUN) test -- $(ARGS) --testPathIgnorePatterns /node_modules/ /dist/ /tests/compose/ /tests/lab/

lab: install ## Tries machines behind NAT, bad lines, cuts and a laptop that moves, in network namespaces; wants root, and nftables or iptables
	@$(NPM_RUN) test -- tests/lab $(ARGS)

check: install ## Format, lint, types, import rules, contract, generated code, docs
	@$(NPM_RUN) check

proto: install ## Generates proto/gen from the .proto files
	@$(NPM_RUN) proto

build: install ## Compiles and packs what is published, into dist/
	@$(NPM_RUN) build

up: ## Starts an index and three peers in containers, and waits until they are healthy
	@scripts/compose up

down: ## Stops and removes the containers; what they stored stays in its volumes
	@scripts/compose down

bench: install ## Measures hashing, downloads and searches, and appends to bench/RESULTS.md
	@$(NPM_RUN) bench

bench-data: install ## Moves 1 GiB and small files, and the same with what else is installed; appends to bench/RESULTS.md
	@$(NPM_RUN) bench:data -- $(ARGS)

bench-index: install ## Loads an index with searches, lists and renewals, by ghz and by peers of ours; appends to bench/RESULTS.md
	@$(NPM_RUN) bench:index -- $(ARGS)

soak: install ## Lets 50 peers come, go, crash, sleep, move and fetch for half an hour, and looks what is left; appends to bench/RESULTS.md
	@$(NPM_RUN) soak -- $(ARGS)

clean: ## Removes what was installed, built, or left behind by tests
	rm -rf node_modules proto/node_modules clients/*/node_modules services/*/node_modules dist .venv
