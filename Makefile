# What users run (run, test) needs Go alone; terraform, deploy and destroy need Terraform 1.10 or later.
.DEFAULT_GOAL := help
.PHONY: help build run console test integration pictures simulate race check lint zizmor vulnerabilities terraform fuzz bench zips pages snapshot rehearse release image deploy destroy lock clean

STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
ACTIONLINT  := github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
TFLINT      := github.com/terraform-linters/tflint@v0.64.0
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0
ZIZMOR      := .cache/zizmor-1.32.0
GORELEASER  := github.com/goreleaser/goreleaser/v2@v2.16.0
CRANE       := go run github.com/google/go-containerregistry/cmd/crane@v0.22.1
RANGE       := --from 2008-01-02 --to 2026-05-31
FUZZTIME    := 10000x
SEED        := 1
SEEDS       := 2000
KILLS       := 50
ARCH        ?= arm64
CATALOGUE   ?= series.yaml
NAME        ?= lacuna
REGION      ?= $(AWS_REGION)

# The AWS provider is downloaded, or comes from the mirror that Terraform's own settings
# name, or lies unpacked in the folder TF_PLUGIN_DIR.
TF_INIT     := init -input=false $(addprefix -plugin-dir=,$(TF_PLUGIN_DIR))
TF_ROOTS    := terraform examples/minimal examples/full examples/oidc
TF_STACK    := AWS_REGION=$(REGION) terraform -chdir=terraform
TF_VARS     := -var name=$(NAME) -var catalogue=$(abspath $(CATALOGUE)) -var architecture=$(ARCH:amd64=x86_64)

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "%-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build bin/lacuna
	CGO_ENABLED=0 go build -trimpath -buildvcs=auto -ldflags '-s -w' -o bin/lacuna ./cmd/lacuna

run: build ## fill every series that the built-in publisher has into lacuna.db, then show them
	bin/lacuna backfill --offline --db lacuna.db $(RANGE)
	bin/lacuna status --offline --db lacuna.db $(RANGE)

console: run ## fill what make run fills, and open the console on it
	bin/lacuna console --offline --db lacuna.db --open

# The processes of tests live for seconds and have memory enough: GOGC saves a seventh of
# their processor time. Some tests wait for time-outs, and others run meanwhile.
test: ## run the tests
	GOGC=400 go test -parallel 6 ./...

integration: ## run the tests with real parts: Lambdas as processes, DynamoDB Local (Java 17, Maven at first), attacks that are measured (Linux), the console in a browser (Chromium, npm), the stack on an emulator (Terraform, Python)
	go test -tags integration $$(go list ./... | grep -v '/integration')
	go test -tags integration -timeout 15m ./integration/browser
	go test -tags integration -timeout 30m ./integration/hostile
	go test -tags integration -timeout 30m -v ./integration

pictures: ## make docs/console.png, the picture in README.md, with a real browser (Chromium, npm)
	LACUNA_PICTURE=$(CURDIR)/docs/console.png go test -count=1 -tags integration -run '^TestPicture$$' ./integration/browser

simulate: ## play SEEDS seeds of the simulation from SEED on, months of runs among faults in no time, and kill KILLS real processes
	GOGC=400 SEED=$(SEED) SEEDS=$(SEEDS) KILLS=$(KILLS) go test -count=1 -timeout 0 -run '^(TestSimulate|TestKilledAtARandomMoment)$$' ./cmd/lacuna
	KILLS=$(KILLS) go test -count=1 -timeout 0 -run '^TestKilled' ./internal/store/sqlite

# Tests of the command that try many texts, lists and days one after the other: they have no
# goroutines that others do not have, and with the race detector take longer than all else.
# Another counts bytes, which the detector adds to.
NOT_RACED  := NothingLargeIsMade|DoNotCommand|TestLongLists|TestUseTheData|TestFillsEveryPublishedDay|TestReadingNeeds|TestHeals|TestReceiptIs|TestAWrongAddress|TestPasswords

race: ## the tests with the race detector, but for those (C compiler)
	go test -race -timeout 30m -skip '$(NOT_RACED)' ./...

check: lint race simulate fuzz ## what CI runs: lint, tests with the race detector, the simulation, a short fuzz of every target

lint: ## gofmt, vet, staticcheck, actionlint
	@files=$$(gofmt -l .); if [ -n "$$files" ]; then echo "not gofmt-ed: $$files"; exit 1; fi
	go vet ./...
	go run $(STATICCHECK) ./...
	go run $(ACTIONLINT) .github/workflows/*.yml

zizmor: ## check the security of the workflows; with GH_TOKEN it also looks the pinned commits up (Python 3.10 with venv; pip installs it at first)
	@[ -e $(ZIZMOR)/whole ] || { python3 -m venv --clear $(ZIZMOR) && \
	  $(ZIZMOR)/bin/pip install --quiet --disable-pip-version-check zizmor==$(patsubst .cache/zizmor-%,%,$(ZIZMOR)) && touch $(ZIZMOR)/whole; }
	$(if $(GH_TOKEN),,env -u GH_TOKEN) $(ZIZMOR)/bin/zizmor $(if $(GH_TOKEN),,--offline) .github

vulnerabilities: ## look for known vulnerabilities in what the programs call (asks vuln.go.dev)
	go run $(GOVULNCHECK) ./...

terraform: has-terraform ## check the stack and its examples without an account: fmt, validate, test, tflint
	terraform fmt -check -recursive terraform
	terraform fmt -check -recursive examples
	@for root in $(TF_ROOTS); do \
	  echo "$$root"; \
	  export TF_DATA_DIR=$(CURDIR)/.cache/$$root; \
	  terraform -chdir=$$root $(TF_INIT) -backend=false >/dev/null && terraform -chdir=$$root validate -no-color || exit 1; \
	  go run $(TFLINT) --chdir=$$root || exit 1; \
	  if [ -d $$root/tests ]; then terraform -chdir=$$root test -no-color || exit 1; fi; \
	done

fuzz: ## fuzz every target FUZZTIME long: a time, or a number of runs (10000x)
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

pages: build ## write man pages and completions into .cache/pages
	rm -rf .cache/pages && mkdir -p .cache/pages/man .cache/pages/completions
	bin/lacuna man .cache/pages/man
	for shell in bash zsh fish powershell; do bin/lacuna completion $$shell >.cache/pages/completions/lacuna.$$shell || exit 1; done

snapshot: ## build into release/ what a release of this commit would hold, unsigned
	go run $(GORELEASER) check
	go run $(GORELEASER) release --snapshot --clean --skip=sign,sbom

rehearse: ## the same for the program of this machine alone, which takes a third of the time
	go run $(GORELEASER) check
	go run $(GORELEASER) build --snapshot --clean --single-target

release: ## publish the release of this tag (GITHUB_TOKEN; release.yml does it)
	go run $(GORELEASER) release --clean

# From nothing but the program, without a daemon: a layer for each architecture, then what
# is to run, then both under one name.
image: ## push IMAGE:TAG, made of what release/ holds (REGISTRY_USER, REGISTRY_TOKEN; release.yml does it)
	printenv REGISTRY_TOKEN | $(CRANE) auth login $(firstword $(subst /, ,$(IMAGE))) --username $(REGISTRY_USER) --password-stdin
	for arch in amd64 arm64; do \
	  tar --owner=0 --group=0 --mtime=@0 -C release/lacuna_linux_$${arch}_* -cf release/$$arch.tar lacuna && \
	  $(CRANE) append --oci-empty-base --platform linux/$$arch --new_layer release/$$arch.tar --new_tag $(IMAGE):$(TAG)-$$arch && \
	  $(CRANE) mutate $(IMAGE):$(TAG)-$$arch --set-platform linux/$$arch --entrypoint /lacuna --user 65532:65532 --workdir /data --tag $(IMAGE):$(TAG)-$$arch || exit 1; \
	done
	$(CRANE) index append --manifest $(IMAGE):$(TAG)-amd64 --manifest $(IMAGE):$(TAG)-arm64 --tag $(IMAGE):$(TAG)

deploy: has-terraform has-region has-credentials zips ## put the stack NAME into REGION of your AWS account, or change it
	$(TF_STACK) $(TF_INIT)
	$(TF_STACK) workspace select -or-create $(NAME)-$(REGION)
	$(TF_STACK) apply $(TF_VARS)

# Schedules go first, then runs are stopped: one that goes on would lose its functions,
# and AWS keeps a state machine until its last run has ended. Without the parameter the
# stack is half gone already, and its runs are not to be found.
destroy: has-terraform has-region has-credentials zips ## take the stack NAME out of REGION again, rows and all: read docs/leave.md first
	$(TF_STACK) $(TF_INIT)
	$(TF_STACK) workspace select $(NAME)-$(REGION)
	$(TF_STACK) destroy $(TF_VARS) -target=aws_scheduler_schedule.run
	if $(TF_STACK) state list | grep -qx aws_ssm_parameter.stack; then AWS_REGION=$(REGION) bin/lacuna --target aws --stack $(NAME) runs stop --all; fi
	$(TF_STACK) destroy $(TF_VARS)

lock: has-terraform ## every root takes the newest AWS provider, for every platform
	@for root in $(TF_ROOTS); do \
	  terraform -chdir=$$root init -upgrade -backend=false && \
	  terraform -chdir=$$root providers lock -platform=linux_amd64 -platform=linux_arm64 -platform=darwin_amd64 -platform=darwin_arm64 -platform=windows_amd64 || exit 1; \
	done

.PHONY: has-terraform has-region has-credentials
has-terraform:
	@command -v terraform >/dev/null || { echo 'terraform 1.10 or later is not installed: https://developer.hashicorp.com/terraform/install' >&2; exit 1; }

has-region:
	@[ -n '$(REGION)' ] || { echo 'which region? make $(MAKECMDGOALS) REGION=sa-east-1, or set AWS_REGION' >&2; exit 1; }

has-credentials: has-region build
	@AWS_REGION=$(REGION) bin/lacuna --target aws doctor --credentials

clean: ## remove what build and run made
	rm -rf bin dist release lacuna.db lacuna.db-*
