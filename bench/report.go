package main

import (
	"fmt"
	"io"
	"slices"
	"time"
)

// median is the middle one, or the mean of the middle two. There must be one
// at least.
func median(all []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}

func each(samples []sample) []time.Duration {
	all := make([]time.Duration, len(samples))
	for i, s := range samples {
		all[i] = s.each()
	}
	return all
}

// ratio is how many times as much CPU the proxy takes, by the medians.
func (r result) ratio() float64 {
	return float64(median(each(r.proxy))) / float64(median(each(r.base)))
}

// ratios are those of the single pairs.
func (r result) ratios() []float64 {
	all := make([]float64, len(r.base))
	for i := range r.base {
		all[i] = float64(r.proxy[i].each()) / float64(r.base[i].each())
	}
	return all
}

// verdict holds the ratio against its bound.
func (r result) verdict() string {
	switch {
	case r.row.bound == 0:
		return ""
	case r.ratio() > r.row.bound:
		return "over"
	}
	return "ok"
}

// busy is the share of the time in which a server had its core, in the worst
// run. Where it is low, the load was too slow or the machine had other things to
// do: then waiting, waking up and cold caches are measured too.
func busy(samples []sample) float64 {
	least := 1.0
	for _, s := range samples {
		least = min(least, float64(s.cpu)/float64(s.wall))
	}
	return least
}

// heading and line make the table. A line is written as soon as it is known.
func heading(w io.Writer) {
	fmt.Fprintf(w, "%-40s %-12s %9s %11s %6s %11s %6s %5s %9s\n",
		"CPU time of one request, us", "beside", "beside", "notionproxy", "ratio", "of pairs", "bound", "", "busy")
}

func (r result) line(w io.Writer) {
	ratios := r.ratios()
	fmt.Fprintf(w, "%-40s %-12s %9.1f %11.1f %6.2f %11s %6s %5s %9s\n",
		r.row, r.row.beside, micros(median(each(r.base))), micros(median(each(r.proxy))), r.ratio(),
		fmt.Sprintf("%.2f-%.2f", slices.Min(ratios), slices.Max(ratios)), r.row.limit(), r.verdict(),
		fmt.Sprintf("%.0f%% %.0f%%", 100*busy(r.base), 100*busy(r.proxy)))
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// limit is the bound as the table shows it.
func (r row) limit() string {
	if r.bound == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f", r.bound)
}
