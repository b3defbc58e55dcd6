// The judge of `waxwing build`: kustomize 5.8.1's own library (api v0.21.1), many builds in one process.
//
// Each line of standard input is a JSON request; each line of standard output its answer:
//
//	{"files": {"over/kustomization.yaml": "..."}, "root": "over"}   a tree in memory, laid out under /t
//	{"dir": "/path/to/folder"}                                      a folder on disk
//	options: "load": "none" (LoadRestrictionsNone), "reorder": "legacy" | "none", "helm": true
//	-> {"out": "..."} or {"error": "..."}; "notes" holds what kustomize logged
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/kustomize/kyaml/openapi"
)

type request struct {
	Files   map[string]string `json:"files"`
	Root    string            `json:"root"`
	Dir     string            `json:"dir"`
	Load    string            `json:"load"`
	Reorder string            `json:"reorder"`
	Helm    bool              `json:"helm"`
}

type answer struct {
	Out   string `json:"out"`
	Error string `json:"error,omitempty"`
	Notes string `json:"notes,omitempty"`
}

// scratch is where trees from memory are laid out when they have to be real files.
var scratch = "/dev/shm"

func build(r request) (a answer) {
	var notes bytes.Buffer
	log.SetOutput(&notes)
	log.SetFlags(0)
	stderr := os.Stderr
	reader, writer, err := os.Pipe()
	if err != nil {
		return answer{Error: err.Error()}
	}
	done := make(chan []byte)
	go func() { text, _ := io.ReadAll(reader); done <- text }()
	os.Stderr = writer
	root := r.Dir
	defer func() {
		if found := recover(); found != nil {
			a = answer{Error: fmt.Sprintf("panic: %v", found)}
		}
		os.Stderr = stderr
		writer.Close()
		a.Notes = string(<-done) + notes.String()
		if r.Dir == "" && root != "" {
			top, _ := filepath.EvalSymlinks(filepath.Clean(strings.TrimSuffix(root, "/"+r.Root)))
			a.Error = strings.ReplaceAll(a.Error, top, "/t")
			a.Notes = strings.ReplaceAll(a.Notes, top, "/t")
			os.RemoveAll(top)
		}
	}()
	fsys := filesys.MakeFsOnDisk()
	if root == "" {
		top, err := os.MkdirTemp(scratch, "judge")
		if err != nil {
			return answer{Error: err.Error()}
		}
		root = top + "/" + r.Root
		for path, text := range r.Files {
			full := filepath.Join(top, path)
			os.MkdirAll(filepath.Dir(full), 0o755)
			if target, is := strings.CutPrefix(text, "->"); is {
				os.Symlink(target, full)
			} else if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
				return answer{Error: err.Error()}
			}
		}
	}
	options := krusty.MakeDefaultOptions()
	options.Reorder = krusty.ReorderOptionUnspecified
	switch r.Reorder {
	case "legacy":
		options.Reorder = krusty.ReorderOptionLegacy
	case "none":
		options.Reorder = krusty.ReorderOptionNone
	}
	if r.Load == "none" {
		options.LoadRestrictions = types.LoadRestrictionsNone
	}
	if touchesSchema(r) {
		openapi.ResetOpenAPI()
		defer openapi.ResetOpenAPI()
	}
	result, err := krusty.MakeKustomizer(options).Run(fsys, root)
	if err != nil {
		return answer{Error: err.Error()}
	}
	text, err := result.AsYaml()
	if err != nil {
		return answer{Error: err.Error()}
	}
	return answer{Out: string(text)}
}

// touchesSchema tells whether a build may change the schema that builds of one process share.
func touchesSchema(r request) bool {
	for _, text := range r.Files {
		if strings.Contains(text, "openapi") {
			return true
		}
	}
	if r.Dir == "" {
		return false
	}
	found := false
	filepath.WalkDir(filepath.Dir(filepath.Clean(r.Dir)), func(path string, entry os.DirEntry, err error) error {
		if err == nil && strings.HasPrefix(strings.ToLower(entry.Name()), "kustomization") {
			text, _ := os.ReadFile(path)
			found = found || bytes.Contains(text, []byte("openapi"))
		}
		return nil
	})
	return found
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "schema" {
		writeSchema(os.Stdout)
		return
	}
	if _, err := os.Stat(scratch); err != nil {
		scratch = os.TempDir()
	}
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for {
		line, err := in.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			var r request
			var a answer
			if bad := json.Unmarshal(line, &r); bad != nil {
				a = answer{Error: "bad request: " + bad.Error()}
			} else {
				a = build(r)
			}
			encoder.Encode(a)
			out.Flush()
		}
		if err != nil {
			return
		}
	}
}
