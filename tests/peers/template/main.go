// The judge of our template engine: Go's own text/template with the Sprig text functions.
//
//	template             reads lines {"template", "data"} and answers each with {"output"}, {"outputBase64"} or {"error"}
//	template names       prints the names of all functions, one a line
//	template handmade    prints the handmade cases with the answers, as one JSON list
//	template generate SEED COUNT   prints random cases with the answers, as one JSON list
package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"text/template"
	"time"
	"unicode/utf8"

	"github.com/Masterminds/sprig/v3"
)

type question struct {
	Template string            `json:"template"`
	Data     map[string]string `json:"data"`
}

type failure struct {
	Class    string `json:"class"`
	Function string `json:"function,omitempty"`
	Line     int    `json:"line"`
}

type answer struct {
	Output       *string  `json:"output,omitempty"`
	OutputBase64 *string  `json:"outputBase64,omitempty"`
	Error        *failure `json:"error,omitempty"`
}

type vector struct {
	question
	answer
}

// What the original takes away, and Go's own names that Sprig does not have.
var absent = []string{"env", "expandenv", "getHostByName"}
var builtins = []string{"and", "call", "eq", "ge", "gt", "html", "index", "js", "le", "len", "lt", "ne", "not", "or",
	"print", "printf", "println", "slice", "urlquery"}

func functions() template.FuncMap {
	all := sprig.TxtFuncMap()
	for _, name := range absent {
		delete(all, name)
	}
	return all
}

var calling = regexp.MustCompile(`error calling ([A-Za-z0-9_]+):`)
var place = regexp.MustCompile(`^template: t:(\d+)`)

func judge(asked question) answer {
	fail := func(class string, err error) answer {
		found := &failure{Class: class}
		text := err.Error()
		if at := place.FindStringSubmatch(text); at != nil {
			found.Line, _ = strconv.Atoi(at[1])
		}
		if name := calling.FindStringSubmatch(text); class == "exec" && name != nil {
			found.Function = name[1]
		}
		return answer{Error: found}
	}
	parsed, err := template.New("t").Funcs(functions()).Parse(asked.Template)
	if err != nil {
		return fail("parse", err)
	}
	var output bytes.Buffer
	data := map[string]string{}
	for name, value := range asked.Data {
		data[name] = value
	}
	if err := parsed.Execute(&output, data); err != nil {
		return fail("exec", err)
	}
	text := output.String()
	if !utf8.ValidString(text) {
		text = base64.StdEncoding.EncodeToString(output.Bytes())
		return answer{OutputBase64: &text}
	}
	return answer{Output: &text}
}

func names() []string {
	var all []string
	seen := map[string]bool{}
	for name := range functions() {
		seen[name] = true
	}
	for _, name := range builtins {
		seen[name] = true
	}
	for name := range seen {
		all = append(all, name)
	}
	sort.Strings(all)
	return all
}

func print(vectors []vector) {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	fmt.Fprintln(out, "[")
	for place, one := range vectors {
		var line bytes.Buffer
		encoder := json.NewEncoder(&line)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(one); err != nil {
			panic(err)
		}
		comma := ","
		if place == len(vectors)-1 {
			comma = ""
		}
		fmt.Fprintf(out, "%s%s\n", strings.TrimSpace(line.String()), comma)
	}
	fmt.Fprintln(out, "]")
}

func answered(all []question) []vector {
	var vectors []vector
	for _, one := range all {
		vectors = append(vectors, vector{one, judge(one)})
	}
	return vectors
}

func main() {
	time.Local = time.UTC
	if len(os.Args) < 2 {
		lines := bufio.NewScanner(os.Stdin)
		lines.Buffer(nil, 16<<20)
		encoder := json.NewEncoder(os.Stdout)
		for lines.Scan() {
			var asked question
			if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			encoder.Encode(judge(asked))
		}
		return
	}
	switch os.Args[1] {
	case "names":
		for _, name := range names() {
			fmt.Println(name)
		}
	case "handmade":
		print(answered(handmade()))
	case "generate":
		seed, _ := strconv.ParseUint(os.Args[2], 10, 64)
		count, _ := strconv.Atoi(os.Args[3])
		print(answered(generate(seed, count)))
	default:
		fmt.Fprintln(os.Stderr, "usage: template [names | handmade | generate SEED COUNT]")
		os.Exit(2)
	}
}
