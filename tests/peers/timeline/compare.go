package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// plain replaces hashes by letters in the order of their ReplicaSets: the hash of a template is each side's own.
func (a *account) plain(text string) string {
	text = strings.ReplaceAll(text, a.namespace, "shop")
	for i, hash := range a.hashes {
		if hash != "" {
			text = strings.ReplaceAll(text, hash, string(rune('A'+i)))
		}
	}
	return text
}

// aspects are the entries, each aspect on its own.
func (a *account) aspects() map[string][]entry {
	found := map[string][]entry{}
	for _, e := range a.entries {
		e.aspect, e.text = a.plain(e.aspect), a.plain(e.text)
		found[e.aspect] = append(found[e.aspect], e)
	}
	for aspect, entries := range found {
		found[aspect] = settled(entries)
	}
	return found
}

// additions are events that only ours tells, on purpose.
var additions = []string{"Warning AnalysisNoData: "}

// flicker is the longest time after a switch of a selector in which one that was there before says nothing new. Logs
// have whole seconds.
const flicker = 1100 * time.Millisecond

// settled leaves out what says the same again, and additions. Where the selector of a Service goes to and fro, as the
// original does after an abort, only the first move counts, and so do its events.
func settled(entries []entry) []entry {
	var kept []entry
	var switched time.Time
	for _, e := range entries {
		if slices.ContainsFunc(additions, func(text string) bool { return strings.HasPrefix(e.text, text) }) {
			continue
		}
		if strings.HasPrefix(e.aspect, "service ") || strings.Contains(e.text, " SwitchService: ") {
			isSoon := e.instant.Sub(switched) < flicker
			switched = e.instant
			if isSoon && slices.ContainsFunc(kept, func(k entry) bool { return k.text == e.text }) {
				continue
			}
		}
		if len(kept) > 0 && kept[len(kept)-1].text == e.text {
			continue
		}
		kept = append(kept, e)
	}
	return kept
}

// compare prints two accounts side by side and gives the number of their differences.
func compare(one, other *account, told story_) int {
	first, second := one.aspects(), other.aspects()
	names := map[string]bool{}
	for name := range first {
		names[name] = true
	}
	for name := range second {
		names[name] = true
	}
	var sorted []string
	for name := range names {
		sorted = append(sorted, name)
	}
	slices.Sort(sorted)
	differences := 0
	var lines []string
	var widest time.Duration
	for _, name := range sorted {
		isState := name == "phase" || strings.HasPrefix(name, "condition ")
		rows, wrong := judged(one, other, aligned(one, other, first[name], second[name]), isState)
		differences += wrong
		lines = append(lines, "", name)
		for _, r := range rows {
			if r.one != nil && r.other != nil && r.one.after != "creation" {
				widest = max(widest, r.apart)
			}
			lines = append(lines, fmt.Sprintf(" %s %s  %s  %s", r.mark, stamp(r.one), stamp(r.other), r.text()))
		}
	}
	lines = append(lines, "", "what is left at the end")
	for _, line := range leftovers(one, other) {
		differences++
		lines = append(lines, " ! "+line)
	}
	if differences > 0 || !*quiet {
		fmt.Printf("story %s: %s | %s; < only the first, > only the second, . only one and for less than a second, ~ at another time, ! another outcome\n", *story, one.side, other.side)
		fmt.Println(strings.Join(lines, "\n"))
	}
	fmt.Printf("story %s: %d and %d things seen, at most %.1f s apart, %d differences\n", *story, len(one.entries), len(other.entries), widest.Seconds(), differences)
	return differences
}

type row struct {
	one, other *entry
	apart      time.Duration
	mark       string
}

// passing is the longest that a state may last that only one of them shows: two writes of the one are often one of the
// other.
const passing = time.Second

// judged marks the rows, and counts those that differ.
func judged(one, other *account, rows []row, isState bool) ([]row, int) {
	wrong := 0
	isPassing := func(at int, of func(row) *entry) bool {
		for _, next := range rows[at+1:] {
			if e := of(next); e != nil {
				return isState && e.instant.Sub(of(rows[at]).instant) < passing
			}
		}
		return false
	}
	// A state that comes back after one that was passing never went.
	isBack := func(at int, of func(row) *entry) bool {
		for before := at - 1; isState && before >= 0; before-- {
			if e := of(rows[before]); e != nil && rows[before].mark != "." {
				return e.text == of(rows[at]).text
			}
		}
		return false
	}
	for i := range rows {
		r := &rows[i]
		alone := func(of func(row) *entry, mark string) string {
			if isPassing(i, of) || isBack(i, of) {
				return "."
			}
			return mark
		}
		switch {
		case r.one == nil:
			r.mark = alone(func(r row) *entry { return r.other }, ">")
		case r.other == nil:
			r.mark = alone(func(r row) *entry { return r.one }, "<")
		default:
			r.apart = apartness(one, other, *r.one, *r.other)
			r.mark = " "
			// Before the change each side has its own beginning.
			if r.apart > *tolerance && r.one.after != "creation" {
				r.mark = "~"
			}
		}
		if r.mark != " " && r.mark != "." {
			wrong++
		}
	}
	return rows, wrong
}

func (r row) text() string {
	if r.one != nil {
		return r.one.text
	}
	return r.other.text
}

func stamp(e *entry) string {
	if e == nil {
		return "       "
	}
	begin := "+"
	if e.after == "creation" {
		begin = "*"
	}
	return fmt.Sprintf("%7s", fmt.Sprintf("%s%.2f", begin, e.at.Seconds()))
}

// apartness is how far apart two entries are, each since the same mark.
func apartness(a, b *account, one, other entry) time.Duration {
	if one.after == other.after {
		return (one.at - other.at).Abs()
	}
	return (one.at - other.instant.Sub(b.marks[one.after])).Abs()
}

// aligned pairs what is the same in the same order: as many as can be, and of several ways the one nearest in time.
func aligned(a, b *account, one, other []entry) []row {
	score := make([][]float64, len(one)+1)
	for i := range score {
		score[i] = make([]float64, len(other)+1)
	}
	pair := func(i, j int) float64 {
		if one[i].text != other[j].text {
			return -1
		}
		return 1000 - min(apartness(a, b, one[i], other[j]).Seconds(), 100) + score[i+1][j+1]
	}
	for i := len(one) - 1; i >= 0; i-- {
		for j := len(other) - 1; j >= 0; j-- {
			score[i][j] = max(pair(i, j), score[i+1][j], score[i][j+1])
		}
	}
	var rows []row
	i, j := 0, 0
	for i < len(one) || j < len(other) {
		switch {
		case i < len(one) && j < len(other) && score[i][j] == pair(i, j):
			rows = append(rows, row{one: &one[i], other: &other[j]})
			i, j = i+1, j+1
		case j == len(other) || i < len(one) && score[i+1][j] >= score[i][j+1]:
			rows = append(rows, row{one: &one[i]})
			i++
		default:
			rows = append(rows, row{other: &other[j]})
			j++
		}
	}
	return rows
}

// leftovers are the differences of the objects that are there at the end, but for times and identities.
func leftovers(one, other *account) []string {
	var lines []string
	first, second := one.outcome(), other.outcome()
	names := map[string]bool{}
	for name := range first {
		names[name] = true
	}
	for name := range second {
		names[name] = true
	}
	for name := range names {
		difference(name, first[name], second[name], &lines)
	}
	slices.Sort(lines)
	return lines
}

// byName turns a list whose items have names into a map: their order says nothing.
func byName(value any) any {
	listed, ok := value.([]any)
	if !ok || len(listed) == 0 {
		return value
	}
	named := map[string]any{}
	for _, item := range listed {
		inner, ok := item.(map[string]any)
		if !ok {
			return value
		}
		for _, key := range []string{"name", "type"} {
			if name, ok := inner[key].(string); ok {
				named[name] = item
				break
			}
		}
	}
	if len(named) != len(listed) {
		return value
	}
	return named
}

// isNothing says that a field without content is as good as none.
func isNothing(value any) bool {
	switch value := value.(type) {
	case nil:
		return true
	case bool:
		return !value
	case map[string]any:
		for _, inner := range value {
			if !isNothing(inner) {
				return false
			}
		}
		return true
	}
	return false
}

// excused are the fields that differ on purpose; docs/compat.md tells why.
var excused = []string{
	// The original writes the Rollout as its own library spells it, which GitOps tools see as drift.
	"Rollout demo.spec.",
	"Rollout demo.metadata.annotations.kubectl",
	// Says that there was nothing to measure; an addition.
	".metadata.AnalysisNoData",
}

func difference(path string, one, other any, lines *[]string) {
	one, other = byName(one), byName(other)
	// A flag that is down is as good as none.
	if isNothing(one) && isNothing(other) || slices.ContainsFunc(excused, func(part string) bool { return strings.Contains(path, part) }) {
		return
	}
	first, isMap := one.(map[string]any)
	second, areMaps := other.(map[string]any)
	if isMap && areMaps {
		names := map[string]bool{}
		for name := range first {
			names[name] = true
		}
		for name := range second {
			names[name] = true
		}
		for name := range names {
			difference(path+"."+name, first[name], second[name], lines)
		}
		return
	}
	a, _ := json.Marshal(one)
	b, _ := json.Marshal(other)
	if string(a) != string(b) {
		*lines = append(*lines, fmt.Sprintf("%s: %s | %s", path, a, b))
	}
}

// outcome is every object that matters without what no two objects share.
func (a *account) outcome() map[string]any {
	found := map[string]any{}
	for key, object := range a.objects {
		switch object.GetKind() {
		case "Event", "Pod":
			continue
		}
		kept := object.DeepCopy()
		for _, name := range []string{"uid", "resourceVersion", "creationTimestamp", "managedFields", "namespace", "generation"} {
			unstructured.RemoveNestedField(kept.Object, "metadata", name)
		}
		text, _ := json.Marshal(timeless(kept.Object))
		var plain map[string]any
		_ = json.Unmarshal([]byte(a.plain(string(text))), &plain)
		found[a.plain(key)] = plain
	}
	return found
}

var times = []string{"lastUpdateTime", "lastTransitionTime", "startTime", "startedAt", "finishedAt", "completedAt",
	"rolloutStartedAt", "abortedAt", "uid", "clusterIP", "clusterIPs", "observedGeneration", "scale-down-deadline", "controller-uid"}

func timeless(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for name, inner := range value {
			if text, ok := inner.(string); ok && slices.Contains(times, name) && text != "" {
				value[name] = "…"
			} else if slices.Contains(times, name) {
				value[name] = "…"
			} else {
				value[name] = timeless(inner)
			}
		}
	case []any:
		for i := range value {
			value[i] = timeless(value[i])
		}
	}
	return value
}

// print shows one account alone.
func (a *account) print() {
	a.lock.Lock()
	defer a.lock.Unlock()
	for _, e := range a.entries {
		fmt.Printf("%s %s %s: %s\n", a.side, stamp(&e), a.plain(e.aspect), a.plain(e.text))
	}
}
