package main

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// eventsFromLog replaces the events of an account by those that the original has written to its log: on the cluster its
// library keeps back all but the first 25 of an object.
func (a *account) eventsFromLog(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	a.lock.Lock()
	defer a.lock.Unlock()
	a.entries = slices.DeleteFunc(a.entries, func(e entry) bool { return strings.HasPrefix(e.aspect, "events of ") })
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		fields := logfmt(lines.Text())
		if fields["event_reason"] == "" || fields["namespace"] != a.namespace {
			continue
		}
		kind := "Rollout"
		if fields["rollout"] == "" {
			kind = "AnalysisRun"
		}
		severity := "Normal"
		if fields["level"] == "warning" {
			severity = "Warning"
		}
		at, err := time.Parse(time.RFC3339, fields["time"])
		if err != nil {
			return err
		}
		// Whole seconds only: the middle is the best guess.
		at = at.Add(500 * time.Millisecond)
		e := entry{instant: at, after: "creation", aspect: "events of " + kind,
			text: fmt.Sprintf("%s %s: %s", severity, fields["event_reason"], fields["msg"])}
		for name, mark := range a.marks {
			if !at.Before(mark) && mark.After(a.marks[e.after]) {
				e.after = name
			}
		}
		e.at = at.Sub(a.marks[e.after])
		a.entries = append(a.entries, e)
	}
	return lines.Err()
}

// logfmt reads `name=value name="quoted \"value\""`.
func logfmt(line string) map[string]string {
	fields := map[string]string{}
	for line != "" {
		name, rest, ok := strings.Cut(line, "=")
		if !ok {
			break
		}
		name = strings.TrimSpace(name)
		if !strings.HasPrefix(rest, `"`) {
			value, after, _ := strings.Cut(rest, " ")
			fields[name], line = value, after
			continue
		}
		var value strings.Builder
		i := 1
		for ; i < len(rest) && rest[i] != '"'; i++ {
			if rest[i] == '\\' && i+1 < len(rest) {
				i++
			}
			value.WriteByte(rest[i])
		}
		fields[name], line = value.String(), rest[min(i+1, len(rest)):]
	}
	return fields
}
