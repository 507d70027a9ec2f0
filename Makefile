# Every target is one line. go test ./... needs Go and nothing else.

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
FUZZTIME ?= 10s

PLATFORMS := linux-amd64 linux-arm64 darwin-arm64
# What packages call this version: digits first, whatever git describe says.
PACKAGE_VERSION = $(if $(filter-out dev,$(patsubst v%,%,$(filter v%,$(VERSION)))),$(patsubst v%,%,$(VERSION)),0.0.0~$(VERSION))

.PHONY: all build test race lint vuln fuzz bench sim soak guards docker package manifests clean

all: lint test build

build: ## a static binary in bin/
	CGO_ENABLED=0 go build -trimpath -ldflags "$(LDFLAGS)" -o bin/ ./cmd/notionproxy

test:
	go test ./...

race:
	go test -race -shuffle=on ./...

lint: bin/golangci-lint
	test -z "$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go') | tee /dev/stderr)" && go vet ./... && bin/golangci-lint run ./... && cd bench && go vet ./... && ../bin/golangci-lint run ./...

bin/golangci-lint: tools/go.mod
	go -C tools build -o ../bin/ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

vuln: ## asks the Go vulnerability database, so needs a network
	go -C tools build -o ../bin/ golang.org/x/vuln/cmd/govulncheck && bin/govulncheck ./...

fuzz: ## every fuzz target for FUZZTIME
	tools/fuzz.sh $(FUZZTIME)

bench: ## allocations here; side by side with bare handlers and other proxies in bench/
	go test -run '^$$' -bench . -benchmem ./... && cd bench && go run .

sim: ## the limiter against a simulated Notion, and a day with its outages, with their figures
	go test -count=1 -v -run '^(TestSim|TestDay)' ./limiter ./proxy

soak: ## what takes minutes: two million operations of the model, half a million of that of three replicas, and the long end-to-end tests
	MODEL_OPS=2000000 go test -count=1 -timeout 2h -v -run '^TestModel' ./proxy && MODEL_OPS=500000 go test -count=1 -timeout 2h -parallel 4 -v ./replica/together && NOTIONPROXY_LONG=1 go test -count=1 -timeout 1h ./replica ./e2e

guards: ## takes each guard of the cache out of a copy, and wants something to fail; prints the table of docs/decisions/013
	go -C tools run ./guards

docker:
	docker build --build-arg VERSION=$(VERSION) -t notionproxy:$(VERSION) .

package: $(PLATFORMS:%=dist/%/notionproxy) dist/notionproxy.cdx.json ## static binaries, deb, rpm, SBOM and checksums in dist/
	set -e; for arch in amd64 arm64; do for kind in deb rpm; do ARCH=$$arch VERSION='$(PACKAGE_VERSION)' SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) bin/nfpm package --config deploy/packages/nfpm.yaml --packager $$kind --target dist/; done; done
	set -e; for p in $(PLATFORMS); do tar -C dist/$$p --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -czf dist/notionproxy-$$p.tar.gz notionproxy; done
	cd dist && sha256sum *.deb *.rpm *.tar.gz *.json > SHA256SUMS

.PHONY: $(PLATFORMS:%=dist/%/notionproxy) dist/notionproxy.cdx.json
$(PLATFORMS:%=dist/%/notionproxy):
	CGO_ENABLED=0 GOOS=$(word 1,$(subst -, ,$(word 2,$(subst /, ,$@)))) GOARCH=$(word 2,$(subst -, ,$(word 2,$(subst /, ,$@)))) go build -trimpath -buildvcs=false -ldflags "$(LDFLAGS)" -o $@ ./cmd/notionproxy

dist/notionproxy.cdx.json: dist/linux-amd64/notionproxy bin/nfpm
	bin/cyclonedx-gomod bin -json -std -noserial -notimestamp -version $(VERSION) -output $@ $<

bin/nfpm: tools/package/go.mod
	go -C tools/package build -o ../../bin/ tool

manifests: ## deploy/ against Kubernetes' types, the compose loader, systemd and the settings
	cd deploy/check && go vet ./... && go test -count=1 ./...

clean:
	rm -rf bin dist
