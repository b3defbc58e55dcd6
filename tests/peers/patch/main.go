// Records what the libraries of Kubernetes make of patches and selectors.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
)

const (
	tool = "k8s.io/apimachinery v0.37.2, k8s.io/api v0.37.2, gopkg.in/evanphx/json-patch.v4 v4.13.0"
	runs = 100
)

var (
	seed int64
	more int
)

// chance is the source of chance for one file.
func chance(file int64) *rand.Rand {
	return rand.New(rand.NewSource(seed*100 + file))
}

// A test case: what goes in, and what comes out or is said.
type vector struct {
	Kind     string          `json:"kind,omitempty"`
	Original json.RawMessage `json:"original,omitempty"`
	Modified json.RawMessage `json:"modified,omitempty"`
	Current  json.RawMessage `json:"current,omitempty"`
	Patch    json.RawMessage `json:"patch,omitempty"`
	Text     *string         `json:"text,omitempty"`
	Result   json.RawMessage `json:"result,omitempty"`
	Error    string          `json:"error,omitempty"`
}

func main() {
	out := flag.String("o", ".", "folder to write to")
	flag.Int64Var(&seed, "seed", 0, "other chances than those of the recorded files")
	flag.IntVar(&more, "more", 1, "so many times more cases by chance")
	flag.Parse()
	for name, cases := range map[string][]vector{
		"json":                 jsonPatches(),
		"merge":                mergePatches(),
		"merge-create":         mergeCreations(),
		"strategic":            strategicPatches(),
		"strategic-create":     strategicCreations(),
		"three-way-strategic":  threeWays(true),
		"three-way-merge":      threeWays(false),
		"label-selector":       labelSelectors(),
		"label-selector-value": labelSelectorValues(),
		"field-selector":       fieldSelectors(),
	} {
		if err := write(filepath.Join(*out, name+".json"), cases); err != nil {
			fmt.Fprintln(os.Stderr, "error:", err)
			os.Exit(1)
		}
	}
}

func write(path string, cases []vector) error {
	var text bytes.Buffer
	fmt.Fprintf(&text, "{\"tool\": %q, \"cases\": [\n", tool)
	refused := 0
	for i, one := range cases {
		line, err := json.Marshal(one)
		if err != nil {
			return err
		}
		text.Write(line)
		if i < len(cases)-1 {
			text.WriteByte(',')
		}
		text.WriteByte('\n')
		if one.Error != "" {
			refused++
		}
	}
	text.WriteString("]}\n")
	fmt.Printf("%s: %d cases, %d refused, %d bytes\n", filepath.Base(path), len(cases), refused, text.Len())
	return os.WriteFile(path, text.Bytes(), 0o644)
}

// answer runs a function several times, and gives its one answer, if it has one.
func answer(run func() ([]byte, error)) (result []byte, message string, ok bool) {
	for i := range runs {
		text, err := guarded(run)
		said := ""
		if err != nil {
			said = err.Error()
			text = nil
		}
		if _, panicked := err.(panicked); panicked || (i > 0 && (said != message || !bytes.Equal(text, result))) {
			return nil, "", false
		}
		result, message = text, said
	}
	return result, message, true
}

type panicked struct{ error }

func guarded(run func() ([]byte, error)) (text []byte, err error) {
	defer func() {
		if value := recover(); value != nil {
			err = panicked{fmt.Errorf("%v", value)}
		}
	}()
	return run()
}

// judged fills in what comes out; false if that is not one thing.
func (v vector) judged(run func() ([]byte, error)) (vector, bool) {
	result, message, ok := answer(run)
	v.Result, v.Error = result, message
	return v, ok
}

func encode(value any) json.RawMessage {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return text
}
