package main

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// metrics answers instead of a metrics server, as the proxy of whoever asks. What it answers is in the query itself, so
// that both sides are told the same: `answer(0.5)`, or `answer(0.1, 3s, 0.9)` for a change after some time.
type metrics struct{ started time.Time }

var asked = regexp.MustCompile(`vector\(([0-9.a-zA-Z]+)\)`)

func (m *metrics) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query().Get("query")
	if body, err := io.ReadAll(r.Body); err == nil && query == "" {
		form, _ := url.ParseQuery(string(body))
		query = form.Get("query")
	}
	w.Header().Set("Content-Type", "application/json")
	if !strings.HasSuffix(r.URL.Path, "/api/v1/query") {
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"status":"error","errorType":"not_found","error":"no such path"}`)
		return
	}
	found := asked.FindStringSubmatch(query)
	result := ""
	if found != nil {
		result = fmt.Sprintf(`{"metric":{},"value":[%d,%q]}`, time.Now().Unix(), found[1])
	}
	_, _ = fmt.Fprintf(w, `{"status":"success","data":{"resultType":"vector","result":[%s]}}`, result)
}
