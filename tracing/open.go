package tracing

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
)

// Wanted says whether the environment asks for traces: with an exporter by
// name, or an endpoint of OTLP (opentelemetry.io/docs/specs/otel/configuration,
// 2026-09). It is an error to want what there is not.
func Wanted(env func(string) string) (bool, error) {
	if strings.EqualFold(env("OTEL_SDK_DISABLED"), "true") {
		return false, nil
	}
	switch name := env("OTEL_TRACES_EXPORTER"); name {
	case "none":
		return false, nil
	case "":
		if env("OTEL_EXPORTER_OTLP_ENDPOINT") == "" && env("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") == "" {
			return false, nil
		}
	case "otlp":
	default:
		return false, fmt.Errorf("OTEL_TRACES_EXPORTER is %.200q; want otlp or none", name)
	}
	for _, name := range []string{"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"} {
		if value := env(name); value != "" {
			if value != "http/protobuf" {
				return false, fmt.Errorf("%s is %.200q; want http/protobuf, whose usual port is 4318", name, value)
			}
			break // the more special one counts
		}
	}
	return true, nil
}

// Open makes a Tracer that sends spans where the environment of the process
// says, in batches and behind everybody's back; close sends the rest. Spans
// that cannot be sent are dropped, and warn is told, once a minute at most.
func Open(ctx context.Context, version string, warn func(error)) (t *Tracer, close func(context.Context) error, err error) {
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("setting up traces: %w", err)
	}
	// What the environment says of the service stands above this.
	about, err := resource.New(ctx,
		resource.WithTelemetrySDK(),
		resource.WithAttributes(attribute.String("service.name", "notionproxy"), attribute.String("service.version", version)),
		resource.WithFromEnv(),
	)
	if err != nil {
		return nil, nil, fmt.Errorf("setting up traces: reading OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(seldom(warn))) // the library has no other way
	provider := sdk.NewTracerProvider(sdk.WithBatcher(exporter), sdk.WithResource(about))
	return New(provider), provider.Shutdown, nil
}

const warnEvery = time.Minute

// seldom calls f once a minute at most.
func seldom(f func(error)) func(error) {
	var (
		mu   sync.Mutex
		last time.Time
	)
	return func(err error) {
		now := time.Now()
		mu.Lock()
		due := last.IsZero() || now.Sub(last) >= warnEvery
		if due {
			last = now
		}
		mu.Unlock()
		if due {
			f(err)
		}
	}
}
