// Command wire writes what Kubernetes' Go types say about their protobuf form.
//
//	wire table              the facts table, to standard output
//	wire vectors FOLDER     objects of every kind in both forms, one file a group
package main

import (
	"bufio"
	"fmt"
	"os"
	"reflect"
	"sort"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
)

// kubernetes is the release whose staging modules go.mod names.
const kubernetes = "1.37.2"

// options are registered in every group version, always with the same types; the table has them once.
var options = map[string]bool{
	"CreateOptions": true, "DeleteOptions": true, "GetOptions": true,
	"ListOptions": true, "PatchOptions": true, "UpdateOptions": true,
}

type root struct {
	gvk  schema.GroupVersionKind
	kind reflect.Type
}

func main() {
	if err := apiextensions.AddToScheme(scheme.Scheme); err != nil {
		fail(err)
	}
	found := roots(scheme.Scheme)
	switch {
	case len(os.Args) == 2 && os.Args[1] == "table":
		out := bufio.NewWriter(os.Stdout)
		if err := writeTable(out, found); err != nil {
			fail(err)
		}
		if err := out.Flush(); err != nil {
			fail(err)
		}
	case len(os.Args) == 3 && os.Args[1] == "vectors":
		if err := writeVectors(os.Args[2], found); err != nil {
			fail(err)
		}
	default:
		fail(fmt.Errorf("use: wire table | wire vectors FOLDER"))
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "error:", err)
	os.Exit(1)
}

// roots are the kinds that a client may send: no lists, no internal versions, nothing that only servers write.
func roots(known *runtime.Scheme) []root {
	var found []root
	for gvk, kind := range known.AllKnownTypes() {
		if gvk.Version == runtime.APIVersionInternal || gvk.Kind == "WatchEvent" {
			continue
		}
		if options[gvk.Kind] && gvk.GroupVersion() != (schema.GroupVersion{Version: "v1"}) {
			continue
		}
		if object, ok := reflect.New(kind).Interface().(runtime.Object); ok {
			if unversioned, _ := known.IsUnversioned(object); unversioned {
				continue
			}
		}
		if _, isList := kind.FieldByName("Items"); isList {
			continue
		}
		found = append(found, root{gvk, kind})
	}
	sort.Slice(found, func(a, b int) bool { return found[a].key() < found[b].key() })
	return found
}

func (r root) key() string { return group(r.gvk) + " " + r.gvk.Version + " " + r.gvk.Kind }

// group writes the core API's empty group as a dash.
func group(gvk schema.GroupVersionKind) string {
	if gvk.Group == "" {
		return "-"
	}
	return gvk.Group
}
