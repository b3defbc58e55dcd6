package main

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	fieldselector "k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
)

var (
	someLabels = []labels.Set{{}, {"a": "b"}, {"a": "", "in": "x"}, {"a": "5", "b": "x", "app.kubernetes.io/name": "web"}}
	someFields = []fieldselector.Set{{}, {"metadata.name": "a"}, {"metadata.name": "a,b=c\\", "status.phase": "Running"}}
)

func texts(random *rand.Rand, pieces []string, count int) []string {
	var all []string
	for range count {
		var text strings.Builder
		for range 1 + random.Intn(8) {
			text.WriteString(pieces[random.Intn(len(pieces))])
		}
		all = append(all, text.String())
	}
	return all
}

func labelSelectors() []vector {
	random := chance(7)
	pieces := []string{"a", "b", "in", " in ", " notin ", "=", "==", "!=", "!", ",", ",", "(", ")", "(a,b)", "(,)", " ", "\t", ">", "<", "5",
		"app.kubernetes.io/name", "a/b/c", "-x", "x_", "/", strings.Repeat("y", 64), "Ü", "a=b", ",!c", "a in (b)"}
	var cases []vector
	for _, text := range append([]string{"", "a=b,c!=d,e in (x,y),!f", "a,,b", "a in ((b))", "a in (b c)", "a in b", "a in ()", "!a=b", "a>5,a<7", "a>x", "a>", "x y"},
		texts(random, pieces, 1200*more)...) {
		v := vector{Text: &text}
		if v, ok := v.judged(func() ([]byte, error) {
			selector, err := labels.Parse(text)
			if err != nil {
				return nil, err
			}
			return encode(map[string]any{"text": selector.String(), "matches": matches(selector)}), nil
		}); ok {
			cases = append(cases, v)
		}
	}
	return cases
}

func matches(selector labels.Selector) []bool {
	var taken []bool
	for _, set := range someLabels {
		taken = append(taken, selector.Matches(set))
	}
	return taken
}

func labelSelectorValues() []vector {
	random := chance(8)
	var cases []vector
	for i := range 300 * more {
		value := map[string]any{}
		if random.Intn(2) == 0 {
			set := map[string]any{}
			for range random.Intn(3) {
				set[[]string{"a", "b", "in", "-x"}[random.Intn(40)%4*random.Intn(2)]] = []string{"b", "x", "", "5"}[random.Intn(4)]
			}
			value["matchLabels"] = set
		}
		if random.Intn(2) == 0 {
			var list []any
			for range random.Intn(3) {
				one := map[string]any{
					"key":      []string{"a", "b", "in", "app.kubernetes.io/name", "/"}[random.Intn(20)%5],
					"operator": []string{"In", "NotIn", "Exists", "DoesNotExist", "Gt", ""}[random.Intn(24)%6],
				}
				switch count := random.Intn(4); {
				case one["operator"] == "Exists" && random.Intn(4) > 0:
				case count > 0:
					var values []any
					for _, j := range random.Perm(4)[:count] {
						values = append(values, []string{"b", "x", "", "5"}[j])
					}
					one["values"] = values
				}
				list = append(list, one)
			}
			value["matchExpressions"] = list
		}
		text := encode(value)
		if i == 0 {
			text = json.RawMessage("null")
		}
		v := vector{Original: text}
		if v, ok := v.judged(func() ([]byte, error) {
			var typed *metav1.LabelSelector
			if err := json.Unmarshal(text, &typed); err != nil {
				return nil, err
			}
			selector, err := metav1.LabelSelectorAsSelector(typed)
			if err != nil {
				return nil, err
			}
			return encode(map[string]any{"text": selector.String(), "matches": matches(selector)}), nil
		}); ok {
			cases = append(cases, v)
		}
	}
	return cases
}

func fieldSelectors() []vector {
	random := chance(9)
	pieces := []string{"metadata.name", "status.phase", "=", "==", "!=", "!", ",", "\\,", "\\=", "\\\\", "\\", "a", "Running", " "}
	var cases []vector
	for _, text := range append([]string{"", "metadata.name=a", "a", "=", "!="}, texts(random, pieces, 500*more)...) {
		v := vector{Text: &text}
		if v, ok := v.judged(func() ([]byte, error) {
			selector, err := fieldselector.ParseSelector(text)
			if err != nil {
				return nil, err
			}
			var taken []bool
			for _, set := range someFields {
				taken = append(taken, selector.Matches(set))
			}
			terms := []string{}
			for _, term := range selector.Requirements() {
				terms = append(terms, fmt.Sprintf("%s %s %s", term.Field, term.Operator, term.Value))
			}
			return encode(map[string]any{"terms": terms, "matches": taken}), nil
		}); ok {
			cases = append(cases, v)
		}
	}
	return cases
}
