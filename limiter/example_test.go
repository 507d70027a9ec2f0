package limiter_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"notionproxy/limiter"
)

func Example() {
	l := limiter.New(limiter.Options{Quota: limiter.Quota{Burst: 1}})
	call := limiter.Call{
		Connection: "3f2a6c1e-5b7d-4e8f-9a0b-1c2d3e4f5a6b", Operation: "pages.retrieve",
		Lane: limiter.Interactive, Caller: "app", Accepted: true, Patience: 0,
	}
	for range 2 {
		grant, err := l.Acquire(context.Background(), call)
		var refusal *limiter.Refusal
		if errors.As(err, &refusal) {
			fmt.Println("429, Retry-After:", refusal.Seconds())
			continue
		}
		fmt.Println("leaves at once")
		// Notion answers 429.
		l.Hold(limiter.Hold{
			Scope:      limiter.ScopeOf("public_api_request_rate_limit"),
			Connection: call.Connection, Operation: call.Operation,
			RetryAfter: limiter.ParseRetryAfter("30", "30", time.Now()),
		})
		l.Pressure(call.Connection, limiter.Overdrawn)
		grant.Done()
	}
	fmt.Println("held:", !l.Held(call.Connection, call.Operation).IsZero())
	// Output:
	// leaves at once
	// 429, Retry-After: 31
	// held: true
}
