package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math/rand"
	"os"
	"path/filepath"
	"time"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/randfill"
)

// An object with its two forms: what a client sends, and what Go writes of it as JSON after it was read back.
type vector struct {
	Wire string          `json:"wire"`
	JSON json.RawMessage `json:"json"`
}

// Vectors of a kind: the empty object, and filled ones of at most these bytes.
const (
	filled  = 3
	maxWire = 2000
	tries   = 60
)

func writeVectors(folder string, found []root) error {
	codec := protobuf.NewSerializer(scheme.Scheme, scheme.Scheme)
	byGroup := map[string][]vector{}
	for _, root := range found {
		seed := fnv.New64a()
		seed.Write([]byte(root.key()))
		random := rand.New(rand.NewSource(int64(seed.Sum64())))
		made := 0
		for try := 0; try < tries && made <= filled; try++ {
			object, err := scheme.Scheme.New(root.gvk)
			if err != nil {
				return err
			}
			if made > 0 {
				// The more tries, the fewer fields: large kinds must fit too.
				filler(random, 0.3+0.6*float64(try)/tries).Fill(object)
			}
			object.GetObjectKind().SetGroupVersionKind(root.gvk)
			var wire bytes.Buffer
			if err := codec.Encode(object, &wire); err != nil {
				return fmt.Errorf("%s: %w", root.key(), err)
			}
			if made > 0 && wire.Len() > maxWire {
				continue
			}
			read, _, err := codec.Decode(wire.Bytes(), nil, nil)
			if err != nil {
				return fmt.Errorf("%s: %w", root.key(), err)
			}
			read.GetObjectKind().SetGroupVersionKind(root.gvk)
			shown, err := json.Marshal(read)
			if err != nil {
				return fmt.Errorf("%s: %w", root.key(), err)
			}
			id := group(root.gvk)
			byGroup[id] = append(byGroup[id], vector{base64.StdEncoding.EncodeToString(wire.Bytes()), shown})
			made++
		}
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for id, vectors := range byGroup {
		if id == "-" {
			id = "core"
		}
		var file bytes.Buffer
		file.WriteString("[\n")
		for place, vector := range vectors {
			line, err := json.Marshal(vector)
			if err != nil {
				return err
			}
			if place > 0 {
				file.WriteString(",\n")
			}
			file.Write(line)
		}
		file.WriteString("\n]\n")
		if err := os.WriteFile(filepath.Join(folder, id+".json"), file.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}

var words = []string{"", "a", "web", "registry.example/web:1", "größer", "日本", "<&>\"\\\n", "\xff\xe2\x82", "0"}

// raw is JSON with numbers and an object in it.
const raw = `{"a":[1,-2,1.5,true,null,"x"],"b":{"c":""}}`

func filler(random *rand.Rand, nothing float64) *randfill.Filler {
	depth := 0
	return randfill.New().RandSource(rand.NewSource(random.Int63())).NilChance(nothing).NumElements(0, 2).MaxDepth(14).Funcs(
		func(text *string, c randfill.Continue) { *text = words[c.Rand.Intn(len(words))] },
		func(number *int32, c randfill.Continue) { *number = []int32{0, 1, -1, 8080, -1 << 31}[c.Rand.Intn(5)] },
		func(number *int64, c randfill.Continue) { *number = []int64{0, 1, -1, 30, 1<<63 - 1}[c.Rand.Intn(5)] },
		func(number *float64, c randfill.Continue) {
			*number = []float64{0, 1, -2.5, 1e-7, 1e22, 1 << 60}[c.Rand.Intn(6)]
		},
		func(*metav1.TypeMeta, randfill.Continue) {},
		func(moment *metav1.Time, c randfill.Continue) {
			if c.Bool() {
				moment.Time = time.Unix(int64(c.Rand.Int31())-1<<30, int64(c.Rand.Intn(1e9)))
			}
		},
		func(moment *metav1.MicroTime, c randfill.Continue) {
			if c.Bool() {
				moment.Time = time.Unix(int64(c.Rand.Int31())-1<<30, int64(c.Rand.Intn(1e9)))
			}
		},
		func(quantity *resource.Quantity, c randfill.Continue) {
			texts := []string{"0", "100m", "1.5Gi", "1e3", "12345678901234567890", "-5k"}
			*quantity = resource.MustParse(texts[c.Rand.Intn(len(texts))])
		},
		func(either *intstr.IntOrString, c randfill.Continue) {
			*either = []intstr.IntOrString{intstr.FromInt32(0), intstr.FromInt32(-7), intstr.FromString("25%"), intstr.FromString("")}[c.Rand.Intn(4)]
		},
		func(extension *runtime.RawExtension, c randfill.Continue) {
			if c.Bool() {
				extension.Raw = []byte(raw)
			}
		},
		func(fields *metav1.FieldsV1, c randfill.Continue) { fields.Raw = []byte(`{"f:metadata":{".":{}}}`) },
		func(value *apiextensions.JSON, c randfill.Continue) {
			value.Raw = [][]byte{[]byte(raw), []byte("1"), []byte(`"x"`), {}, nil}[c.Rand.Intn(5)]
		},
		func(schema *apiextensions.JSONSchemaProps, c randfill.Continue) {
			if depth > 2 {
				schema.Type = "string"
				return
			}
			depth++
			c.FillNoCustom(schema)
			depth--
		},
	)
}
