// The judge of our PromQL evaluator: the query engine of Prometheus itself, over series in memory.
//
//	promql FILE   reads questions (see tests/vectors/promql/README.md) and prints one answer a line,
//	              each the body that the HTTP API of Prometheus gives
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"sort"
	"strconv"
	"strings"
	"time"

	jsoniter "github.com/json-iterator/go"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"
	"github.com/prometheus/prometheus/util/jsonutil"
)

type series struct {
	Labels map[string]string `json:"labels"`
	Start  int64             `json:"start"`
	Step   int64             `json:"step"`
	Values string            `json:"values"`
	// The instants of the values, where they are not Step apart.
	Times []int64 `json:"times"`
}

type question struct {
	Query string `json:"query"`
	At    *int64 `json:"at"`
	Start int64  `json:"start"`
	End   int64  `json:"end"`
	Step  int64  `json:"step"`
}

type questions struct {
	Series    []series   `json:"series"`
	Questions []question `json:"questions"`
}

type sample struct {
	t int64
	f float64
}

func (s sample) ST() int64                     { return 0 }
func (s sample) T() int64                      { return s.t }
func (s sample) F() float64                    { return s.f }
func (s sample) H() *histogram.Histogram       { return nil }
func (s sample) FH() *histogram.FloatHistogram { return nil }
func (s sample) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (s sample) Copy() chunks.Sample           { return s }

// expand reads `1 2 _ stale 0+5x3`: numbers, gaps, the end of a series, and ramps of so many further values.
func expand(s series) ([]chunks.Sample, error) {
	var out []chunks.Sample
	if s.Times != nil {
		items := strings.Fields(s.Values)
		if len(items) != len(s.Times) {
			return nil, fmt.Errorf("%d values at %d instants", len(items), len(s.Times))
		}
		for i, item := range items {
			f, err := strconv.ParseFloat(item, 64)
			if item == "stale" {
				f, err = math.Float64frombits(value.StaleNaN), nil
			}
			if err != nil {
				return nil, err
			}
			out = append(out, sample{s.Times[i], f})
		}
		return out, nil
	}
	at := s.Start
	for _, item := range strings.Fields(s.Values) {
		if item == "_" {
			at += s.Step
			continue
		}
		if item == "stale" {
			out = append(out, sample{at, math.Float64frombits(value.StaleNaN)})
			at += s.Step
			continue
		}
		first, rest, isRamp := strings.Cut(item, "+")
		if !isRamp || first == "" {
			f, err := strconv.ParseFloat(item, 64)
			if err != nil {
				return nil, err
			}
			out = append(out, sample{at, f})
			at += s.Step
			continue
		}
		by, times, _ := strings.Cut(rest, "x")
		f, err1 := strconv.ParseFloat(first, 64)
		d, err2 := strconv.ParseFloat(by, 64)
		n, err3 := strconv.Atoi(times)
		if err := errors.Join(err1, err2, err3); err != nil {
			return nil, err
		}
		for i := 0; i <= n; i++ {
			out = append(out, sample{at, f + d*float64(i)})
			at += s.Step
		}
	}
	return out, nil
}

type memory struct{ all []storage.Series }

func (m memory) Querier(int64, int64) (storage.Querier, error) { return m, nil }
func (m memory) Close() error                                  { return nil }
func (m memory) LabelValues(context.Context, string, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}
func (m memory) LabelNames(context.Context, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}
func (m memory) Select(_ context.Context, _ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	var found []storage.Series
	for _, s := range m.all {
		ok := true
		for _, matcher := range matchers {
			ok = ok && matcher.Matches(s.Labels().Get(matcher.Name))
		}
		if ok {
			found = append(found, s)
		}
	}
	return &set{found, -1}
}

type set struct {
	all []storage.Series
	at  int
}

func (s *set) Next() bool                        { s.at++; return s.at < len(s.all) }
func (s *set) At() storage.Series                { return s.all[s.at] }
func (s *set) Err() error                        { return nil }
func (s *set) Warnings() annotations.Annotations { return nil }

func point(stream *jsoniter.Stream, t int64, f float64) {
	stream.WriteArrayStart()
	jsonutil.MarshalTimestamp(t, stream)
	stream.WriteMore()
	jsonutil.MarshalFloat(f, stream)
	stream.WriteArrayEnd()
}

func text(s string) string {
	out, _ := json.Marshal(s)
	return string(out)
}

func metric(m labels.Labels) string {
	var parts []string
	m.Range(func(l labels.Label) { parts = append(parts, text(l.Name)+":"+text(l.Value)) })
	return "{" + strings.Join(parts, ",") + "}"
}

func render(result *promql.Result, at int64, isUnordered bool) string {
	if result.Err != nil {
		return failure("execution", result.Err)
	}
	stream := jsoniter.NewStream(jsoniter.ConfigDefault, nil, 64)
	stream.WriteRaw(`{"status":"success","data":{"resultType":"` + string(result.Value.Type()) + `","result":`)
	switch v := result.Value.(type) {
	case promql.Scalar:
		point(stream, v.T, v.V)
	case promql.String:
		stream.WriteArrayStart()
		jsonutil.MarshalTimestamp(v.T, stream)
		stream.WriteMore()
		stream.WriteRaw(text(v.V))
		stream.WriteArrayEnd()
	case promql.Vector:
		if isUnordered {
			sort.Slice(v, func(i, j int) bool { return labels.Compare(v[i].Metric, v[j].Metric) < 0 })
		}
		stream.WriteArrayStart()
		for i, s := range v {
			if i > 0 {
				stream.WriteMore()
			}
			stream.WriteRaw(`{"metric":` + metric(s.Metric) + `,"value":`)
			point(stream, s.T, s.F)
			stream.WriteRaw("}")
		}
		stream.WriteArrayEnd()
	case promql.Matrix:
		stream.WriteArrayStart()
		for i, s := range v {
			if i > 0 {
				stream.WriteMore()
			}
			stream.WriteRaw(`{"metric":` + metric(s.Metric) + `,"values":[`)
			for j, p := range s.Floats {
				if j > 0 {
					stream.WriteMore()
				}
				point(stream, p.T, p.F)
			}
			stream.WriteRaw("]}")
		}
		stream.WriteArrayEnd()
	}
	stream.WriteRaw("}}")
	return string(stream.Buffer())
}

func failure(kind string, err error) string {
	return `{"status":"error","errorType":"` + kind + `","error":` + text(err.Error()) + `}`
}

func run() error {
	if len(os.Args) != 2 {
		return errors.New("promql FILE")
	}
	raw, err := os.ReadFile(os.Args[1])
	if err != nil {
		return err
	}
	var asked questions
	if err := json.Unmarshal(raw, &asked); err != nil {
		return err
	}
	var store memory
	for _, s := range asked.Series {
		samples, err := expand(s)
		if err != nil {
			return err
		}
		store.all = append(store.all, storage.NewListSeries(labels.FromMap(s.Labels), samples))
	}
	sort.Slice(store.all, func(i, j int) bool {
		return labels.Compare(store.all[i].Labels(), store.all[j].Labels()) < 0
	})
	engine := promql.NewEngine(promql.EngineOpts{
		MaxSamples:               50000000,
		Timeout:                  time.Minute,
		LookbackDelta:            5 * time.Minute,
		EnableAtModifier:         true,
		EnableNegativeOffset:     true,
		NoStepSubqueryIntervalFn: func(int64) int64 { return time.Minute.Milliseconds() },
		Parser:                   parser.NewParser(parser.Options{}),
	})
	ctx := context.Background()
	for _, q := range asked.Questions {
		var query promql.Query
		var err error
		var at int64
		if q.At != nil {
			at = *q.At
			query, err = engine.NewInstantQuery(ctx, store, nil, q.Query, time.UnixMilli(at))
		} else {
			query, err = engine.NewRangeQuery(ctx, store, nil, q.Query, time.UnixMilli(q.Start), time.UnixMilli(q.End), time.Duration(q.Step)*time.Millisecond)
		}
		if err != nil {
			fmt.Println(failure("bad_data", fmt.Errorf("invalid parameter %q: %w", "query", err)))
			continue
		}
		// The engine keeps the values it counts in a map, so their order is another in each run.
		isUnordered := strings.HasPrefix(q.Query, "count_values")
		fmt.Println(render(query.Exec(ctx), at, isUnordered))
		query.Close()
	}
	return nil
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}
