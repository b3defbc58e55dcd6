// Writes the tables of built-in definitions and resources from the OpenAPI v3 documents of Kubernetes.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
)

const (
	kubernetes = "k8s.io/kubernetes"
	version    = "v1.37.2"
)

func main() {
	from := flag.String("from", "", "folder with the OpenAPI v3 documents (default: from the Go module cache)")
	out := flag.String("o", ".", "folder to write to")
	check := flag.Bool("check", false, "write nothing, fail if the files are not fresh")
	flag.Parse()
	if err := run(*from, *out, *check); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(from, out string, check bool) error {
	if from == "" {
		folder, err := moduleFolder()
		if err != nil {
			return err
		}
		from = filepath.Join(folder, "api", "openapi-spec", "v3")
	}
	documents, err := readAll(from)
	if err != nil {
		return err
	}
	table, err := definitionTable(documents)
	if err != nil {
		return err
	}
	resources, err := resourceTable(documents)
	if err != nil {
		return err
	}
	for name, text := range map[string][]byte{"table.txt": table, "resources.txt": resources} {
		path := filepath.Join(out, name)
		if check {
			old, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if !bytes.Equal(old, text) {
				return fmt.Errorf("%s is not fresh: run the generator again", path)
			}
		} else if err := os.WriteFile(path, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// moduleFolder finds the source of Kubernetes in the module cache, and fetches it if it is not there.
func moduleFolder() (string, error) {
	command := exec.Command("go", "mod", "download", "-json", kubernetes+"@"+version)
	command.Dir = os.TempDir()
	command.Stderr = os.Stderr
	text, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("go mod download %s@%s: %w", kubernetes, version, err)
	}
	var module struct{ Dir string }
	if err := json.Unmarshal(text, &module); err != nil {
		return "", err
	}
	return module.Dir, nil
}

type document struct {
	name       string
	Components struct{ Schemas map[string]map[string]any }
	Paths      map[string]map[string]json.RawMessage
}

func readAll(folder string) ([]document, error) {
	names, err := filepath.Glob(filepath.Join(folder, "*_openapi.json"))
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no documents in %s", folder)
	}
	sort.Strings(names)
	var all []document
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		one := document{name: filepath.Base(name)}
		if err := json.Unmarshal(text, &one); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, one)
	}
	return all, nil
}

func header(what string) string {
	return "# " + what + " of Kubernetes " + strings.TrimPrefix(version, "v") +
		". Written by tests/peers/schema; do not edit.\n"
}
