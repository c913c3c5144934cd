# What users run (run, test) needs Go alone.
.DEFAULT_GOAL := help
.PHONY: help build run test integration check lint fuzz bench zips clean

STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
SERIES      := --series 'CURRENCY\#USD' --series 'CURRENCY\#BRL' --series 'ECB\#USD' --series 'SGS\#1' --series 'SGS\#10813'
RANGE       := --from 2008-01-01 --to 2026-06-30
FUZZTIME    := 3s
ARCH        ?= arm64
CATALOGUE   ?= series.yaml
VERSION     := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "%-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build bin/lacuna
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/lacuna ./cmd/lacuna

run: build ## fill five series from the built-in publisher into lacuna.db, then show them
	bin/lacuna backfill --offline --db lacuna.db $(SERIES) $(RANGE)
	bin/lacuna status --offline --db lacuna.db $(SERIES) $(RANGE)

test: ## run the tests
	go test ./...

integration: ## run the tests with real parts: Lambdas as processes, DynamoDB Local (Java 17, Maven at first)
	go test -tags integration ./...

check: lint ## what CI runs: lint, tests with the race detector, a short fuzz of every target
	go test -race ./...
	$(MAKE) fuzz

lint: ## gofmt, vet, staticcheck
	@files=$$(gofmt -l .); if [ -n "$$files" ]; then echo "not gofmt-ed: $$files"; exit 1; fi
	go vet ./...
	go run $(STATICCHECK) ./...

fuzz: ## fuzz every target for FUZZTIME
	@for pkg in $$(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n1 dirname | sort -u); do \
	  for target in $$(grep -h '^func Fuzz' $$pkg/*_test.go | sed 's/^func \(Fuzz[A-Za-z0-9_]*\).*/\1/'); do \
	    echo "$$pkg $$target"; \
	    go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x $$pkg || exit 1; \
	  done; \
	done

bench: ## run the benchmarks
	go test -run '^$$' -bench . -benchmem ./...

zips: ## build the Lambdas for ARCH, with CATALOGUE in them, into dist/*.zip
	go run ./internal/zips -arch $(ARCH) -catalogue $(CATALOGUE)

clean: ## remove what build and run made
	rm -rf bin dist lacuna.db lacuna.db-*
