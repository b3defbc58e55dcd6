// Records what the field manager of Kubernetes makes of sequences of applies and updates.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
)

const tool = "k8s.io/apimachinery v0.37.2, sigs.k8s.io/structured-merge-diff/v6 v6.4.2, OpenAPI v3 of Kubernetes 1.37.2"

// A step: what is written by whom, and what comes of it.
type step struct {
	Operation   string         `json:"operation"`
	Manager     string         `json:"manager"`
	Subresource string         `json:"subresource,omitempty"`
	Force       bool           `json:"force,omitempty"`
	Object      map[string]any `json:"object"`
	Result      map[string]any `json:"result,omitempty"`
	Error       string         `json:"error,omitempty"`
	// Fields of the conflicts with the words of their causes, sorted.
	Causes []string `json:"causes,omitempty"`
}

type sequence struct {
	Kind   string         `json:"kind"`
	Schema map[string]any `json:"schema,omitempty"`
	Steps  []step         `json:"steps"`
}

func main() {
	spec := flag.String("openapi", "", "folder with the OpenAPI v3 documents of Kubernetes (api/openapi-spec/v3)")
	out := flag.String("o", ".", "folder to write to")
	seed := flag.Int64("seed", 1, "seed of the chance")
	runs := flag.Int("runs", 60, "sequences a kind")
	zeros := flag.Bool("omitted", false, "write the fields that are left out when they are zero, to standard output")
	flag.Parse()
	if *zeros {
		omitted(os.Stdout)
		return
	}
	types, err := readTypes(*spec)
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
	for number, kind := range kinds {
		chance := rand.New(rand.NewSource(*seed*100 + int64(number)))
		var sequences []sequence
		for range *runs {
			sequences = append(sequences, run(types, kind, chance))
		}
		text, err := json.Marshal(map[string]any{"tool": tool, "cases": sequences})
		if err == nil {
			err = os.WriteFile(filepath.Join(*out, kind.file+".json"), append(text, '\n'), 0o644)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "error:", err)
			os.Exit(1)
		}
	}
}
