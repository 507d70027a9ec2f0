# Builds a static binary and puts it on an image that has nothing else but
# certificates and a user: docker build -t notionproxy --build-arg VERSION=1.0.0 .
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /notionproxy ./cmd/notionproxy && mkdir /stored

FROM gcr.io/distroless/static-debian13:nonroot
ARG VERSION=dev
LABEL org.opencontainers.image.title="notionproxy" \
      org.opencontainers.image.description="Stands between applications and the Notion API: paces calls, answers from its cache, keeps answering when Notion fails." \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}"
COPY --from=build /notionproxy /notionproxy
COPY --from=build --chown=nonroot:nonroot --chmod=700 /stored /var/cache/notionproxy

# Inside a container loopback reaches nobody. What is published of it, and to
# whom, is for whoever starts the container: -p 127.0.0.1:8080:8080.
ENV NOTIONPROXY_LISTEN=0.0.0.0:8080
# A volume there outlives the container: -v notionproxy:/var/cache/notionproxy.
ENV NOTIONPROXY_CACHE_DIR=/var/cache/notionproxy
EXPOSE 8080
USER nonroot:nonroot
HEALTHCHECK --interval=30s --timeout=5s --start-period=5s --retries=3 CMD ["/notionproxy", "health"]
ENTRYPOINT ["/notionproxy"]
