package main

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"strings"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
)

func jsonPatches() []vector {
	var cases []vector
	add := func(original, patch json.RawMessage) {
		v := vector{Original: original, Patch: patch}
		if v, ok := v.judged(func() ([]byte, error) {
			operations, err := jsonpatch.DecodePatch(patch)
			if err != nil {
				return nil, err
			}
			return operations.Apply(original)
		}); ok {
			cases = append(cases, v)
		}
	}
	for _, hand := range handMadeJSON {
		add(json.RawMessage(hand[0]), json.RawMessage(hand[1]))
	}
	random := chance(6)
	for len(cases) < 900*more {
		original := tree(random, 4)
		switch typed := original.(type) {
		case map[string]any:
			if len(typed) < 2 {
				continue
			}
		case []any:
			if len(typed) < 2 {
				continue
			}
		default:
			continue
		}
		var operations []any
		for range 1 + random.Intn(3) {
			operation := map[string]any{
				"op":   []string{"add", "remove", "replace", "move", "copy", "test"}[random.Intn(6)],
				"path": path(random, original),
			}
			switch operation["op"] {
			case "add", "replace", "test":
				if random.Intn(20) > 0 {
					operation["value"] = tree(random, 2)
				}
				if operation["op"] == "test" && random.Intn(3) > 0 {
					operation["value"] = at(original, operation["path"].(string))
				}
			case "move", "copy":
				operation["from"] = path(random, original)
			}
			operations = append(operations, operation)
		}
		add(encode(original), encode(operations))
	}
	return cases
}

// path is mostly one that exists, or the place beside it.
func path(random *rand.Rand, value any) string {
	var text strings.Builder
	for {
		switch typed := value.(type) {
		case map[string]any:
			names := fields(typed)
			if len(names) == 0 || random.Intn(6) == 0 {
				text.WriteString("/" + []string{"a", "b", "new", "", "~0", "~1x"}[random.Intn(6)])
				return text.String()
			}
			name := names[random.Intn(len(names))]
			text.WriteString("/" + name)
			value = typed[name]
		case []any:
			if len(typed) == 0 || random.Intn(4) == 0 {
				text.WriteString("/" + []string{"-", "0", "1", "-1", "01", "+1", "9", "-9", "x", "-0", ""}[random.Intn(11)])
				return text.String()
			}
			index := random.Intn(len(typed))
			fmt.Fprintf(&text, "/%d", index)
			value = typed[index]
		default:
			if random.Intn(12) == 0 {
				text.WriteString("/a")
			}
			return text.String()
		}
		if random.Intn(4) == 0 {
			return text.String()
		}
	}
}

func at(value any, path string) any {
	for _, word := range strings.Split(path, "/")[1:] {
		switch typed := value.(type) {
		case map[string]any:
			value = typed[word]
		case []any:
			var index int
			if _, err := fmt.Sscanf(word, "%d", &index); err != nil || index < 0 || index >= len(typed) {
				return nil
			}
			value = typed[index]
		default:
			return nil
		}
	}
	return value
}

var handMadeJSON = [][2]string{
	{`{"a":1}`, `[]`},
	{`{"a":1}`, `[{"op":"add","path":"","value":{"b":1}}]`},
	{`{"a":1}`, `[{"op":"replace","path":"","value":{"b":1}}]`},
	{`{"a":1}`, `[{"op":"replace","path":"","value":[1]},{"op":"add","path":"/0","value":0}]`},
	{`{"a":1}`, `[{"op":"replace","path":"","value":1}]`},
	{`{"a":1}`, `[{"op":"replace","path":"","value":null}]`},
	{`{"a":1}`, `[{"op":"test","path":"","value":{"a":1}}]`},
	{`{"a":1}`, `[{"op":"test","path":"","value":{"a":2}}]`},
	{`{"a":1}`, `[{"op":"remove","path":""}]`},
	{`{"a":1}`, `[{"op":"copy","from":"","path":"/b"}]`},
	{`{"a":1}`, `[{"op":"replace","path":"/b","value":2}]`},
	{`{"a":1}`, `[{"op":"remove","path":"/b"}]`},
	{`{"a":1}`, `[{"op":"add","path":"/b/c","value":2}]`},
	{`{"a":1}`, `[{"op":"add","path":"/b"}]`},
	{`{"a":1}`, `[{"op":"add","path":"b","value":2}]`},
	{`{"a":1}`, `[{"op":"add","path":"b/c","value":2}]`},
	{`{"a":1}`, `[{"op":"add","value":2}]`},
	{`{"a":1}`, `[{"op":"add","path":null,"value":2}]`},
	{`{"a":1}`, `[{"op":"add","path":1,"value":2}]`},
	{`{"a":1}`, `[{"op":"Add","path":"/b","value":2}]`},
	{`{"a":1}`, `[{"path":"/b","value":2}]`},
	{`{"a":1}`, `[{"op":null,"path":"/b","value":2}]`},
	{`{"a":1}`, `[{"op":"copy","from":"/none","path":"/b"}]`},
	{`{"a":1}`, `[{"op":"move","from":"/none","path":"/b"}]`},
	{`{"a":1}`, `[{"op":"move","path":"/b"}]`},
	{`{"a":null}`, `[{"op":"test","path":"/a","value":null},{"op":"test","path":"/b","value":null},{"op":"test","path":"/c"}]`},
	{`{"a":null}`, `[{"op":"add","path":"/a/b","value":1}]`},
	{`{"a":null}`, `[{"op":"copy","from":"/a","path":"/b"},{"op":"move","from":"/a","path":"/c"}]`},
	{`{"a":{"b":1}}`, `[{"op":"move","from":"/a","path":"/a/b"}]`},
	{`{"a":{"b":1}}`, `[{"op":"move","from":"/a","path":"/a"}]`},
	{`{"a":[1,2,3]}`, `[{"op":"move","from":"/a/0","path":"/a/2"}]`},
	{`{"a":[1,2,3]}`, `[{"op":"move","from":"/a/0","path":"/a/3"}]`},
	{`{"a":[1,2,3]}`, `[{"op":"add","path":"/a/3","value":4},{"op":"add","path":"/a/-","value":5}]`},
	{`{"a":[1,2,3]}`, `[{"op":"add","path":"/a/-1","value":4},{"op":"add","path":"/a/-5","value":0}]`},
	{`{"a":[1,2,3]}`, `[{"op":"add","path":"/a/-6","value":4}]`},
	{`{"a":[1,2,3]}`, `[{"op":"remove","path":"/a/-"}]`},
	{`{"a":[1,2,3]}`, `[{"op":"remove","path":"/a/-3"}]`},
	{`{"a":[1,2,3]}`, `[{"op":"remove","path":"/a/-4"}]`},
	{`{"a":[1,2,3]}`, `[{"op":"replace","path":"/a/-","value":1}]`},
	{`{"a":[1,2,3]}`, `[{"op":"replace","path":"/a/3","value":1}]`},
	{`{"a":[1,2,3]}`, `[{"op":"replace","path":"/a/001","value":9}]`},
	{`{"a":[1,2,3]}`, `[{"op":"replace","path":"/a/1_0","value":9}]`},
	{`{"a":[1,2,3]}`, `[{"op":"replace","path":"/a/1e0","value":9}]`},
	{`{"a":[1,2,3]}`, `[{"op":"replace","path":"/a/99999999999999999999","value":9}]`},
	{`{"a":[[1],[2]]}`, `[{"op":"add","path":"/a/1/0","value":9},{"op":"remove","path":"/a/0/0"}]`},
	{`{"a/b":1,"m~n":2,"~1":3,"":4}`, `[{"op":"test","path":"/a~1b","value":1},{"op":"test","path":"/m~0n","value":2},{"op":"test","path":"/~01","value":3},{"op":"test","path":"/","value":4}]`},
	{`{"~2":1,"~":2}`, `[{"op":"remove","path":"/~2"},{"op":"remove","path":"/~"}]`},
	{`{"a":{"x":[1,{"y":null}]}}`, `[{"op":"test","path":"/a","value":{"x":[1,{"y":null}]}}]`},
	{`{"a":{"x":1,"y":2}}`, `[{"op":"test","path":"/a","value":{"y":2,"x":1}}]`},
	{`{"a":{"x":1,"y":2}}`, `[{"op":"test","path":"/a","value":{"y":2}}]`},
	{`{"a":1}`, `[{"op":"test","path":"/a","value":1.0}]`},
	{`{"a":"1"}`, `[{"op":"test","path":"/a","value":1}]`},
	{`{"a":[]}`, `[{"op":"test","path":"/a","value":{}}]`},
	{`{"a":1}`, `[{"op":"add","path":"/b","value":1},{"op":"test","path":"/b","value":2}]`},
	{`{"a":1}`, `{}`},
	{`{"a":1}`, `[1]`},
	{`[1]`, `[{"op":"add","path":"/0","value":0}]`},
	{`[1]`, `[{"op":"add","path":"/a","value":0}]`},
}
