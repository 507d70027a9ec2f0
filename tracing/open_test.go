package tracing_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"notionproxy/tracing"
)

func TestWanted(t *testing.T) {
	type env map[string]string
	tests := []struct {
		name string
		env  env
		want bool
		err  string
	}{
		{"nothing is set", env{}, false, ""},
		{"an endpoint", env{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, true, ""},
		{"an endpoint of traces", env{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"}, true, ""},
		{"an exporter", env{"OTEL_TRACES_EXPORTER": "otlp"}, true, ""},
		{"none, beside an endpoint", env{"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"}, false, ""},
		{"all is off", env{"OTEL_SDK_DISABLED": "true", "OTEL_TRACES_EXPORTER": "otlp"}, false, ""},
		{"a name for the service alone", env{"OTEL_SERVICE_NAME": "x"}, false, ""},
		{"an exporter that there is not", env{"OTEL_TRACES_EXPORTER": "console"}, false, `OTEL_TRACES_EXPORTER is "console"; want otlp or none`},
		{"a protocol that there is not", env{"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, false,
			`OTEL_EXPORTER_OTLP_PROTOCOL is "grpc"; want http/protobuf, whose usual port is 4318`},
		{"the more special protocol counts", env{
			"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf",
		}, true, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := tracing.Wanted(func(name string) string { return test.env[name] })
			assert.Equal(t, test.want, got)
			if test.err == "" {
				assert.NoError(t, err)
				return
			}
			assert.EqualError(t, err, test.err)
		})
	}
}
