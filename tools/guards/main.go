// Guards takes each guard of the cache out of a copy of the tree, and says what
// fails without it: the model, within a minute, and the tests that guards.txt
// names. It prints a table for docs/decisions, and fails where a guard is no
// longer to be found, or nothing fails.
//
//	go -C tools run ./guards [WORD...]   from the root; only guards that have a WORD
package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "guards:", err)
		os.Exit(1)
	}
}

func run(words []string) error {
	root, err := filepath.Abs("..")
	if err != nil {
		return err
	}
	guards, err := readGuards(filepath.Join(root, "tools", "guards", "guards.txt"))
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "guards-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := copyTree(root, dir); err != nil {
		return err
	}
	fmt.Println("| guard | where | model: rule broken, seconds | script or test |\n|---|---|---|---|")
	unguarded := 0
	for _, g := range guards {
		if !g.has(words) {
			continue
		}
		found, err := g.tryIn(dir)
		switch {
		case err != nil:
			unguarded++
			fmt.Fprintf(os.Stderr, "%s: %v\n", g.name, err)
			continue
		case !found.all():
			unguarded++
		}
		fmt.Println(found.row(g))
	}
	if unguarded > 0 {
		return fmt.Errorf("%d of them could not be taken out, or not all that should fail without them does", unguarded)
	}
	return nil
}

// copyTree copies what git knows of, and what it does not ignore.
func copyTree(root, dir string) error {
	list := exec.Command("git", "ls-files", "-co", "--exclude-standard", "-z")
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		return fmt.Errorf("listing the files: %w", err)
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		b, err := os.ReadFile(filepath.Join(root, name))
		if os.IsNotExist(err) {
			continue // deleted, and not committed yet
		}
		if err != nil {
			return err
		}
		to := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(to, b, 0o600); err != nil {
			return err
		}
	}
	return nil
}
