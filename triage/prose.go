package triage

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// sentence is a formatted sentence with its full stop.
func sentence(format string, args ...any) string { return fmt.Sprintf(format, args...) + "." }

// number is a count with its noun: "1 request", "3 requests".
func number[N int | int64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if stem, ok := strings.CutSuffix(noun, "y"); ok {
		return strconv.FormatInt(int64(n), 10) + " " + stem + "ies"
	}
	return strconv.FormatInt(int64(n), 10) + " " + noun + "s"
}

// ms is a number of milliseconds as people say it.
func ms(v float64) string {
	if v >= 1000 {
		return strconv.FormatFloat(v/1000, 'f', 1, 64) + " s"
	}
	return strconv.FormatFloat(v, 'f', 0, 64) + " ms"
}

// span is a duration as people say it, rounded.
func span(d time.Duration) string {
	switch {
	case d < 90*time.Second:
		return number(int64(d.Round(time.Second)/time.Second), "second")
	case d < 90*time.Minute:
		return number(int64(d.Round(time.Minute)/time.Minute), "minute")
	case d < 48*time.Hour:
		return number(int64(d.Round(time.Hour)/time.Hour), "hour")
	}
	return number(int64(d/(24*time.Hour)), "day")
}

// percent is a share in whole percents.
func percent(part, whole int64) string {
	if whole == 0 {
		return "0 %"
	}
	return strconv.FormatInt((part*100+whole/2)/whole, 10) + " %"
}

// share is part of whole, 0 where there is no whole.
func share(part, whole int64) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

// list joins at most n names: "a, b and 3 more".
func list(names []string, n int) string {
	if len(names) > n {
		return strings.Join(names[:n], ", ") + fmt.Sprintf(" and %d more", len(names)-n)
	}
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// breakdown lists counted words, most first: "12 failed, 3 edge".
func breakdown(counts map[string]int64, only []string) string {
	var words []string
	for _, w := range only {
		if counts[w] > 0 {
			words = append(words, w)
		}
	}
	slices.SortStableFunc(words, func(a, b string) int { return int(counts[b] - counts[a]) })
	for i, w := range words {
		words[i] = strconv.FormatInt(counts[w], 10) + " × " + outcomeWords[w]
	}
	return strings.Join(words, ", ")
}

// outcomeWords say what outcomes are for people.
var outcomeWords = map[string]string{
	"failed": "5xx from Notion's API", "overloaded": "529 overloaded", "saved": "503 although the write was saved",
	"edge": "error page of Notion's edge", "malformed": "broken answer", "cut": "answer cut off", "reset": "connection lost",
	"timeout": "no answer in time", "connect": "no connection", "dns": "name not found", "tls": "no trusted connection",
	"unread": "call refused unread",
}

func sum64(counts map[string]int64, words []string) (n int64) {
	for _, w := range words {
		n += counts[w]
	}
	return n
}

// ordered are the keys of counts, most first.
func ordered(counts map[string]int64) []string {
	var words []string
	for w := range counts {
		words = append(words, w)
	}
	slices.SortFunc(words, func(a, b string) int {
		if counts[a] != counts[b] {
			return int(counts[b] - counts[a])
		}
		return strings.Compare(a, b)
	})
	return words
}

func loopSentence(l Loop) string {
	return sentence("%s asks the same %s over and over: %d times in the last minute, of which %d reached Notion",
		quoteName(l.Caller, "One caller"), operationName(l.Operation), l.Times, l.Reached)
}

// quoteName is a caller's name as text shows it, or what stands for it.
func quoteName(name, anonymous string) string {
	if name == "" {
		return anonymous
	}
	return strconv.Quote(name)
}

func operationName(op string) string {
	if op == "" {
		return "question"
	}
	return op
}
