package notiontest_test

import (
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"notionproxy/notiontest"
)

// untilLimited makes calls until one is refused, and says how many went through.
func (w *world) untilLimited(most int) (n int, refused got) {
	for n < most {
		g := w.do("GET", "/v1/users/me", "")
		if g.status != 200 {
			return n, g
		}
		n++
	}
	return n, got{}
}

func TestLimit_isAFixedWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, notiontest.Options{Seed: 5})
		time.Sleep(time.Until(w.WindowEnd(w.Bot))) // a window begins
		n, g := w.untilLimited(1000)
		assert.Equal(t, 180, n, "all of it in one burst")
		assert.Equal(t, 429, g.status)
		assert.Equal(t, "60", g.header.Get("Retry-After"))
		assert.Equal(t, "rate_limited", g.at("code"))
		assert.Equal(t, "You have been rate limited. Please try again later.", g.at("message"))
		assert.Equal(t, map[string]any{"rate_limit_reason": "public_api_request_rate_limit", "retry_after": "60"}, g.at("additional_data"))

		time.Sleep(17*time.Second + 300*time.Millisecond)
		g = w.do("GET", "/v1/users/me", "")
		assert.Equal(t, "43", g.header.Get("Retry-After"))

		time.Sleep(42*time.Second + 700*time.Millisecond - 1)
		assert.Equal(t, 429, w.do("GET", "/v1/users/me", "").status)
		time.Sleep(time.Nanosecond)
		n, _ = w.untilLimited(1000)
		assert.Equal(t, 180, n, "the refused calls cost nothing")
	})
}

func TestLimit_windowsBeginAtAPhaseOfTheirOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		phases := map[time.Duration]bool{}
		for seed := range uint64(5) {
			n := notiontest.New(notiontest.Options{Seed: seed})
			d := n.Demo(notiontest.DemoOptions{})
			left := time.Until(n.WindowEnd(d.Bot))
			assert.Positive(t, left)
			assert.LessOrEqual(t, left, time.Minute)
			phases[left] = true
		}
		assert.Len(t, phases, 5)
	})
}

func TestLimit_windowsStayOnTheirGrid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, notiontest.Options{})
		end := w.WindowEnd(w.Bot)
		time.Sleep(10*time.Minute + 13*time.Second)
		w.ok("GET", "/v1/users/me", "")
		assert.Zero(t, w.WindowEnd(w.Bot).Sub(end)%time.Minute, "not from the first call on")
	})
}

func TestLimit_isSpentWhenACallArrives(t *testing.T) {
	overPipe(t, func(t *testing.T, w *world, _ *http.Transport) {
		time.Sleep(time.Until(w.WindowEnd(w.Bot)))
		w.SpendBudget(w.Bot, 179)
		w.Fault(notiontest.Fault{Times: 1, Delay: 30 * time.Second})
		slow := make(chan int)
		go func() { slow <- w.do("GET", "/v1/users/me", "").status }()
		time.Sleep(time.Second)
		assert.Equal(t, 429, w.do("GET", "/v1/users/me", "").status)
		assert.Equal(t, 200, <-slow)
	})
}

func TestLimit_belongsToTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, notiontest.Options{RateLimit: 10})
		w.AddToken("ntn_second", w.Bot)
		w.AddToken("ntn_other", w.AddConnection(notiontest.ConnectionOptions{Workspace: w.Workspace}))
		time.Sleep(time.Minute)
		for i := range 10 {
			token := []string{w.Token, "ntn_second"}[i%2]
			require.Equal(t, 200, w.with(token).do("GET", "/v1/users/me", "").status)
		}
		assert.Equal(t, 429, w.with("ntn_second").do("GET", "/v1/users/me", "").status)
		assert.Equal(t, 200, w.with("ntn_other").do("GET", "/v1/users/me", "").status)
	})
}

func TestLimit_ofWorkspaceAndEndpointNameTheirReason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, notiontest.Options{WorkspaceRateLimit: 5, EndpointRateLimits: map[string]int{"search": 2}})
		w.AddToken("ntn_other", w.AddConnection(notiontest.ConnectionOptions{Workspace: w.Workspace}))
		time.Sleep(time.Minute)
		w.ok("POST", "/v1/search", "")
		w.ok("POST", "/v1/search", "")
		g := w.do("POST", "/v1/search", "")
		assert.Equal(t, notiontest.ReasonEndpoint, g.at("additional_data", "rate_limit_reason"))
		w.ok("GET", "/v1/users/me", "")
		for range 2 {
			w.with("ntn_other").ok("GET", "/v1/users/me", "")
		}
		g = w.do("GET", "/v1/users/me", "")
		assert.Equal(t, notiontest.ReasonWorkspace, g.at("additional_data", "rate_limit_reason"))
		after, err := strconv.Atoi(g.header.Get("Retry-After"))
		require.NoError(t, err)
		assert.Equal(t, fmt.Sprint(after), g.at("additional_data", "retry_after"))
	})
}

func TestLimit_blockedConnectionsAreToldSo(t *testing.T) {
	w := newWorld(t, notiontest.Options{})
	w.Block(w.Bot, true)
	g := w.do("GET", "/v1/users/me", "")
	assert.Equal(t, 429, g.status)
	assert.Equal(t, notiontest.ReasonBlocked, g.at("additional_data", "rate_limit_reason"))
	w.Block(w.Bot, false)
	w.ok("GET", "/v1/users/me", "")
}

func TestLimit_othersMaySpendIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, notiontest.Options{})
		time.Sleep(time.Until(w.WindowEnd(w.Bot)))
		w.SpendBudget(w.Bot, 150)
		n, _ := w.untilLimited(1000)
		assert.Equal(t, 30, n)
	})
}

func TestLimit_isNotSpentByFaultsThatKeepCallsAway(t *testing.T) {
	w := newWorld(t, notiontest.Options{RateLimit: 2})
	mend := w.Fault(notiontest.Fault{Kind: notiontest.FaultEdge})
	for range 5 {
		assert.Equal(t, 502, w.do("GET", "/v1/users/me", "").status)
	}
	mend()
	w.ok("GET", "/v1/users/me", "")
	log := w.Log()
	assert.False(t, log[0].Counted)
	assert.True(t, log[len(log)-1].Counted)
}
