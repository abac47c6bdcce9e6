# Every target works on a fresh clone with git, make, Node 20 or newer and npm: the right Node comes with npm.
.DEFAULT_GOAL := help
.PHONY: help demo test check proto build up down bench clean

node_modules/.installed: package.json package-lock.json
	npm ci --no-audit --no-fund --loglevel=error
	@touch $@

install: node_modules/.installed

help: ## Lists these targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 10
