package replica

import (
	"testing"

	"go.uber.org/goleak"
)

// The client looks anew at a cluster's nodes after a second at most, in a
// goroutine that ends by itself, but later than goleak waits.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/redis/rueidis.(*call).DelayDo.func1"))
}
