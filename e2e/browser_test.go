package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What browser tests need.
const (
	axeScript = "node_modules/axe-core/axe.min.js"
)

// shotsVariable names a folder that screenshots are kept in; without it they
// go with the test.
const shotsVariable = "E2E_SCREENSHOTS"

// An appearance is how a page is shown.
type appearance struct {
	name          string
	width, height int64
	dark, touch   bool
}

var looks = []appearance{
	{"light", 1280, 900, false, false},
	{"dark", 1280, 900, true, false},
	{"phone", 390, 844, false, true},
}

// A tab is a page in a browser of its own. It is for one goroutine.
type tab struct {
	*testing.T
	ctx context.Context

	mu       sync.Mutex
	problems []string // what the console told
}

// openBrowser starts a browser until the test ends.
func openBrowser(t *testing.T) *tab {
	t.Helper()
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(browser), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("force-color-profile", "srgb"), chromedp.WSURLReadTimeout(patience*3))
	ctx, stop := context.WithTimeout(context.Background(), 4*time.Minute)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	b := &tab{T: t, ctx: ctx}
	_, err := chromedp.Call(ctx, cdplog.Enable, cdp.Empty{})
	require.NoError(t, err)
	require.NoError(t, chromedp.Listen(ctx, b.hear))
	return b
}

// hear notes errors and warnings: of scripts, of what did not load, and of what
// the page's policy forbids.
func (b *tab) hear(event any) {
	problem := ""
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		problem = e.ExceptionDetails.Text
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			problem = fmt.Sprint("console: ", e.Args)
		}
	case *cdplog.EventEntryAdded:
		if e.Entry.Level == cdplog.EntryLevelError || e.Entry.Level == cdplog.EntryLevelWarning {
			problem = e.Entry.Text + " " + e.Entry.URL
		}
	}
	if problem != "" {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.problems = append(b.problems, problem)
	}
}

func (b *tab) wantQuietConsole() {
	b.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	assert.Empty(b, b.problems, "console")
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	require.NoError(b, chromedp.Do(b.ctx, steps...))
}

// result is what a step returns.
func result[T any](b *tab, step chromedp.Action[T]) T {
	b.Helper()
	v, err := chromedp.Run(b.ctx, step)
	require.NoError(b, err)
	return v
}

// command runs one of the browser's protocol.
func command[P, R any](b *tab, c cdp.Command[P, R], params P) {
	b.Helper()
	_, err := chromedp.Call(b.ctx, c, params)
	require.NoError(b, err)
}

// show has pages shown in a way from now on.
func (b *tab) show(l appearance) {
	b.Helper()
	scheme := "light"
	if l.dark {
		scheme = "dark"
	}
	options := []chromedp.EmulateViewportOption{}
	if l.touch {
		options = append(options, chromedp.EmulateMobile, chromedp.EmulateTouch, chromedp.EmulateScale(2))
	}
	b.do(chromedp.EmulateViewport(l.width, l.height, options...))
	command(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
}

// open loads a page, with what its scripts add.
func (b *tab) open(url string) {
	b.Helper()
	b.do(chromedp.Navigate(url), chromedp.WaitVisible(chromedp.CSS("#headline")))
}

// text is the text of the first element that a selector finds, as it is shown.
func (b *tab) text(selector string) string {
	b.Helper()
	return strings.TrimSpace(result(b, chromedp.Text(chromedp.CSS(selector))))
}

func (b *tab) click(selector string) {
	b.Helper()
	b.do(chromedp.Click(chromedp.CSS(selector)))
}

func (b *tab) waitVisible(selector string) {
	b.Helper()
	b.do(chromedp.WaitVisible(chromedp.CSS(selector)))
}

// eval evaluates a script, and waits for what it promises.
func eval[T any](b *tab, script string) T {
	b.Helper()
	return result(b, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
}

// becomes waits until a script is true.
func (b *tab) becomes(within time.Duration, script, what string) {
	b.Helper()
	require.Eventually(b, func() bool {
		is, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](script))
		return err == nil && is
	}, within, 100*time.Millisecond, what)
}

// shoot takes a picture of the whole page.
func (b *tab) shoot(name string) {
	b.Helper()
	folder := os.Getenv(shotsVariable)
	if folder == "" {
		folder = b.TempDir()
	}
	picture := result(b, chromedp.FullScreenshot(100))
	require.NoError(b, os.MkdirAll(folder, 0o755))
	require.NoError(b, os.WriteFile(filepath.Join(folder, name+".png"), picture, 0o600))
}

// mayUseClipboard allows pages what a browser would ask about.
func (b *tab) mayUseClipboard(origin string) {
	b.Helper()
	for _, name := range []string{"clipboard-read", "clipboard-write"} {
		_, err := chromedp.CallBrowser(b.ctx, cdpbrowser.SetPermission, cdpbrowser.SetPermissionParams{
			Permission: &cdpbrowser.PermissionDescriptor{Name: name}, Setting: cdpbrowser.PermissionSettingGranted, Origin: origin,
		})
		require.NoError(b, err)
	}
}

// A violation is what axe finds wrong with a page.
type violation struct {
	ID     string
	Impact string
	Help   string
	Nodes  []struct {
		HTML    string
		Summary string `json:"failureSummary"`
	}
}

// wantAccessible has axe look at the page: nothing serious may be wrong.
func (b *tab) wantAccessible(what string) {
	b.Helper()
	axe, err := os.ReadFile(axeScript)
	require.NoError(b, err)
	eval[bool](b, string(axe)+"; true")
	found := eval[string](b, `axe.run(document, {resultTypes: ["violations"]}).then(r => JSON.stringify(r.violations))`)
	var violations []violation
	require.NoError(b, json.Unmarshal([]byte(found), &violations))
	for _, v := range violations {
		assert.NotContains(b, []string{"serious", "critical"}, v.Impact, "%s: %s: %s %+v", what, v.ID, v.Help, v.Nodes)
	}
}

// wantFits wants nothing to stand out to the side.
func (b *tab) wantFits(what string) {
	b.Helper()
	over := eval[int](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`)
	assert.LessOrEqual(b, over, 0, "%s is wider than the window", what)
}
