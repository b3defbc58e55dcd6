package main

import (
	"encoding/json"
	"math/rand"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	kjson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/jsonmergepatch"
	"k8s.io/apimachinery/pkg/util/mergepatch"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
)

func meta(one kind) strategicpatch.PatchMetaFromStruct {
	found, err := strategicpatch.NewPatchMetaFromStruct(one.typ)
	if err != nil {
		panic(err)
	}
	return found
}

// fitted is a copy whose lists have no room to grow, as the lists of an object that the API server
// patches. The library changes lists in place, so that room would show in some results.
func fitted(value any) any {
	switch typed := value.(type) {
	case map[string]any:
		for name, inner := range typed {
			typed[name] = fitted(inner)
		}
	case []any:
		list := make([]any, len(typed))
		for i, inner := range typed {
			list[i] = fitted(inner)
		}
		return list
	}
	return value
}

func strategicPatches() []vector {
	var cases []vector
	add := func(one kind, original, patch json.RawMessage) {
		v := vector{Kind: one.name, Original: original, Patch: patch}
		if v, ok := v.judged(func() ([]byte, error) {
			var live, change map[string]any
			if err := kjson.Unmarshal(original, &live); err != nil {
				return nil, err
			}
			if err := kjson.Unmarshal(patch, &change); err != nil {
				return nil, err
			}
			merged, err := strategicpatch.StrategicMergeMapPatchUsingLookupPatchMeta(fitted(live).(map[string]any), change, meta(one))
			if err != nil {
				return nil, err
			}
			return encode(merged), nil
		}); ok {
			cases = append(cases, v)
		}
	}
	for _, hand := range handMadeStrategic {
		one := kindNamed(hand[0])
		original := hand[1]
		if original == "" {
			original = one.base
		}
		add(one, encode(decoded(original)), encode(decoded(hand[2])))
	}
	random := chance(1)
	for range 70 * more {
		for _, one := range kinds {
			original := changed(random, decoded(one.base), 0.15)
			switch random.Intn(4) {
			case 0:
				// A patch that was made for another state.
				modified := changed(random, original, 0.3)
				patch, err := strategicpatch.CreateTwoWayMergePatchUsingLookupPatchMeta(encode(original), encode(modified), meta(one))
				if err != nil {
					continue
				}
				add(one, encode(changed(random, original, 0.2)), patch)
			case 1:
				add(one, encode(original), encode(sparse(random, changed(random, original, 0.5), 0.7)))
			default:
				patch := sparse(random, changed(random, original, 0.4), 0.8)
				add(one, encode(original), encode(directed(random, patch, 0.15)))
			}
		}
	}
	return cases
}

func strategicCreations() []vector {
	var cases []vector
	random := chance(2)
	for range 25 * more {
		for _, one := range kinds {
			original := changed(random, decoded(one.base), 0.15)
			modified := encode(changed(random, original, 0.3))
			v := vector{Kind: one.name, Original: encode(original), Modified: modified}
			if v, ok := v.judged(func() ([]byte, error) {
				return strategicpatch.CreateTwoWayMergePatchUsingLookupPatchMeta(v.Original, v.Modified, meta(one))
			}); ok {
				cases = append(cases, v)
			}
		}
	}
	return cases
}

func threeWays(isStrategic bool) []vector {
	var cases []vector
	add := func(one kind, original, modified, current json.RawMessage) {
		v := vector{Original: original, Modified: modified, Current: current}
		run := func() ([]byte, error) {
			return jsonmergepatch.CreateThreeWayJSONMergePatch(original, modified, current,
				mergepatch.RequireKeyUnchanged("apiVersion"), mergepatch.RequireKeyUnchanged("kind"),
				mergepatch.RequireMetadataKeyUnchanged("name"))
		}
		if isStrategic {
			v.Kind = one.name
			run = func() ([]byte, error) {
				return strategicpatch.CreateThreeWayMergePatch(original, modified, current, meta(one), true)
			}
		}
		if v, ok := v.judged(run); ok {
			cases = append(cases, v)
		}
	}
	for _, hand := range handMadeThreeWay {
		one := kindNamed(hand[0])
		var original json.RawMessage
		if hand[1] != "" {
			original = encode(decoded(hand[1]))
		}
		add(one, original, encode(decoded(hand[2])), encode(decoded(hand[3])))
	}
	random := chance(3)
	rounds := 36 * more
	if !isStrategic {
		rounds = 12 * more
	}
	for range rounds {
		for _, one := range kinds {
			original := changed(random, decoded(one.base), 0.1)
			modified := changed(random, original, 0.25)
			current := changed(random, original, 0.2).(map[string]any)
			if metadata, ok := current["metadata"].(map[string]any); ok {
				metadata["uid"] = "u"
			}
			if random.Intn(8) == 0 {
				add(one, nil, encode(modified), encode(current))
				continue
			}
			add(one, encode(original), encode(modified), encode(current))
		}
	}
	return cases
}

func mergePatches() []vector {
	var cases []vector
	add := func(original, patch json.RawMessage) {
		v := vector{Original: original, Patch: patch}
		if v, ok := v.judged(func() ([]byte, error) { return jsonpatch.MergePatch(original, patch) }); ok {
			cases = append(cases, v)
		}
	}
	random := chance(4)
	for range 500 * more {
		original, patch := tree(random, 3), tree(random, 3)
		// Upstream refuses scalars as patches, which the RFC puts in place.
		if text := encode(patch); text[0] == '{' || text[0] == '[' {
			if _, ok := original.(map[string]any); ok {
				add(encode(original), text)
			}
		}
	}
	for range 8 * more {
		for _, one := range kinds {
			original := changed(random, decoded(one.base), 0.2)
			add(encode(original), encode(sparse(random, changed(random, original, 0.5), 0.7)))
		}
	}
	return cases
}

func mergeCreations() []vector {
	var cases []vector
	random := chance(5)
	for range 300 * more {
		original, isMap := tree(random, 4).(map[string]any)
		if !isMap {
			continue
		}
		modified := tree(random, 4)
		if _, isMap := modified.(map[string]any); !isMap || random.Intn(2) == 0 {
			modified = changed(random, original, 0.5)
		}
		v := vector{Original: encode(original), Modified: encode(modified)}
		if v, ok := v.judged(func() ([]byte, error) { return jsonpatch.CreateMergePatch(v.Original, v.Modified) }); ok {
			cases = append(cases, v)
		}
	}
	return cases
}

// tree is any small JSON value.
func tree(random *rand.Rand, depth int) any {
	choice := random.Intn(10)
	if depth == 0 {
		choice = 6 + random.Intn(4)
	}
	switch {
	case choice < 4:
		value := map[string]any{}
		for range random.Intn(4) {
			value[string(rune('a'+random.Intn(4)))] = tree(random, depth-1)
		}
		return value
	case choice < 6:
		value := []any{}
		for range random.Intn(4) {
			value = append(value, tree(random, depth-1))
		}
		return value
	case choice == 6:
		return nil
	case choice == 7:
		return random.Intn(3)
	case choice == 8:
		return random.Intn(2) == 0
	}
	return words[random.Intn(3)]
}
