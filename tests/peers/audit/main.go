// Command audit counts in an audit log who did what: `audit [-from BYTES] [-user NAMES] [-namespace BEGINNING] [-writes] [-names] LOG`.
//
// It prints a line `COUNT USER VERB RESOURCE [NAMESPACE/NAME]` for each kind of request, sorted; with -size only how
// long the log is, for a later -from.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

type record struct {
	Stage string `json:"stage"`
	Verb  string `json:"verb"`
	User  struct {
		Name string `json:"username"`
	} `json:"user"`
	ObjectRef struct {
		Resource    string `json:"resource"`
		Subresource string `json:"subresource"`
		Namespace   string `json:"namespace"`
		Name        string `json:"name"`
	} `json:"objectRef"`
	ResponseStatus struct {
		Code int `json:"code"`
	} `json:"responseStatus"`
}

func main() {
	from := flag.Int64("from", 0, "where to begin")
	user := flag.String("user", "", "only these users, separated by commas")
	namespace := flag.String("namespace", "", "only of namespaces that begin so")
	writes := flag.Bool("writes", false, "only what changes something")
	names := flag.Bool("names", false, "with the names of the objects")
	size := flag.Bool("size", false, "print the length of the log")
	flag.Parse()
	if err := run(flag.Arg(0), *from, *user, *namespace, *writes, *names, *size); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(2)
	}
}

func run(path string, from int64, users, namespace string, writes, names, size bool) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if size {
		end, err := file.Seek(0, io.SeekEnd)
		fmt.Println(end)
		return err
	}
	if _, err := file.Seek(from, io.SeekStart); err != nil {
		return err
	}
	counts := map[string]int{}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var found record
		if err := json.Unmarshal(lines.Bytes(), &found); err != nil {
			return fmt.Errorf("a line of the audit log: %w", err)
		}
		about := found.ObjectRef
		isOurs := users == "" || slices.Contains(strings.Split(users, ","), found.User.Name)
		if !isOurs || !strings.HasPrefix(about.Namespace, namespace) || found.Stage != "ResponseComplete" && found.Verb != "watch" {
			continue
		}
		if writes && slices.Contains([]string{"get", "list", "watch"}, found.Verb) {
			continue
		}
		parts := strings.Split(found.User.Name, ":")
		name := parts[len(parts)-1]
		kind := about.Resource
		if about.Subresource != "" {
			kind += "/" + about.Subresource
		}
		line := fmt.Sprintf("%s %s %s", name, found.Verb, kind)
		if found.ResponseStatus.Code >= 400 {
			line += fmt.Sprintf(" (%d)", found.ResponseStatus.Code)
		}
		if names {
			line += " " + about.Namespace + "/" + about.Name
		}
		counts[line]++
	}
	var sorted []string
	for line := range counts {
		sorted = append(sorted, line)
	}
	slices.Sort(sorted)
	for _, line := range sorted {
		fmt.Println(counts[line], line)
	}
	return lines.Err()
}
