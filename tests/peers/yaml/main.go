// The judge of our YAML: sigs.k8s.io/yaml v1.6.0 on go.yaml.in/yaml/v2 v2.4.4, as Kubernetes 1.37 uses it.
//
// Each line of standard input is one question in JSON, each line of standard output its answer:
//
//	{"write": VALUE}  ->  {"text": YAML}    what Marshal writes
//	{"read": YAML}    ->  {"value": VALUE}  what YAMLToJSON reads, numbers as kubectl holds them
//	                      {"error": TEXT}   either refuses
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"strconv"

	"sigs.k8s.io/yaml"
)

type question struct {
	Write json.RawMessage `json:"write"`
	Read  *string         `json:"read"`
}

// held turns numbers into what kubectl holds: an int64 where one fits, otherwise a float64.
func held(value any, unsigned bool) (any, error) {
	switch value := value.(type) {
	case json.Number:
		if whole, err := value.Int64(); err == nil {
			return whole, nil
		}
		if whole, err := strconv.ParseUint(value.String(), 10, 64); err == nil && unsigned {
			return whole, nil
		}
		return value.Float64()
	case []any:
		for index := range value {
			item, err := held(value[index], unsigned)
			if err != nil {
				return nil, err
			}
			value[index] = item
		}
	case map[string]any:
		for key := range value {
			item, err := held(value[key], unsigned)
			if err != nil {
				return nil, err
			}
			value[key] = item
		}
	}
	return value, nil
}

func decoded(text []byte, unsigned bool) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	return held(value, unsigned)
}

func answer(line []byte) map[string]any {
	refused := func(err error) map[string]any { return map[string]any{"error": err.Error()} }
	var asked question
	if err := json.Unmarshal(line, &asked); err != nil {
		return refused(err)
	}
	if asked.Read != nil {
		text, err := yaml.YAMLToJSON([]byte(*asked.Read))
		if err != nil {
			return refused(err)
		}
		value, err := decoded(text, false)
		if err != nil {
			return refused(err)
		}
		return map[string]any{"value": value}
	}
	value, err := decoded(asked.Write, true)
	if err != nil {
		return refused(err)
	}
	text, err := yaml.Marshal(value)
	if err != nil {
		return refused(err)
	}
	// The order of keys is not transitive (2 < 10 < 1a < 2): then the answer is a matter of chance.
	for range 12 {
		again, err := yaml.Marshal(value)
		if err != nil || !bytes.Equal(text, again) {
			return refused(errors.New("the answer differs from time to time"))
		}
	}
	return map[string]any{"text": string(text)}
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64<<20)
	out := bufio.NewWriter(os.Stdout)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for lines.Scan() {
		if err := encoder.Encode(answer(lines.Bytes())); err != nil {
			panic(err)
		}
	}
	if err := lines.Err(); err != nil {
		panic(err)
	}
	if err := out.Flush(); err != nil {
		panic(err)
	}
}
