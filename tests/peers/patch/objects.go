package main

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"sort"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
)

// A kind with a full object to start from.
type kind struct {
	name string
	typ  any
	base string
}

var kinds = []kind{
	{"apps/v1 Deployment", appsv1.Deployment{}, `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","namespace":"shop",
"labels":{"app":"web","tier":"front"},"annotations":{"note":"x"},"finalizers":["a.io/x","b.io/y"]},"spec":{"replicas":3,"paused":false,
"selector":{"matchLabels":{"app":"web"}},"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":1,"maxUnavailable":"25%"}},
"template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"web","image":"web:1","args":["-v","-x"],
"env":[{"name":"A","value":"1"},{"name":"B","valueFrom":{"secretKeyRef":{"name":"s","key":"k"}}}],
"ports":[{"containerPort":80,"protocol":"TCP"},{"containerPort":443,"name":"tls"}],
"volumeMounts":[{"name":"v","mountPath":"/v"},{"name":"w","mountPath":"/w","readOnly":true}]},{"name":"side","image":"side:2"}],
"imagePullSecrets":[{"name":"pull"}],"nodeSelector":{"disk":"ssd"},"tolerations":[{"key":"a","operator":"Exists"}],
"volumes":[{"name":"v","emptyDir":{}},{"name":"w","configMap":{"name":"c","items":[{"key":"k","path":"p"}]}}]}}}}`},
	{"v1 Service", corev1.Service{}, `{"apiVersion":"v1","kind":"Service","metadata":{"name":"web","ownerReferences":[{"apiVersion":"v1","kind":"A","name":"a","uid":"1"}]},
"spec":{"type":"ClusterIP","selector":{"app":"web"},"externalIPs":["1.1.1.1","2.2.2.2"],"ports":[{"name":"http","port":80,"targetPort":8080},
{"name":"tls","port":443,"targetPort":"https","protocol":"TCP"}]},"status":{"conditions":[{"type":"Ready","status":"True"},{"type":"Ok","status":"False"}]}}`},
	{"v1 Pod", corev1.Pod{}, `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","labels":{"a":"b"}},"spec":{"hostAliases":[{"ip":"1.1.1.1","hostnames":["h"]}],
"topologySpreadConstraints":[{"topologyKey":"zone","maxSkew":1,"whenUnsatisfiable":"DoNotSchedule"}],"initContainers":[{"name":"init","image":"i:1"}],
"containers":[{"name":"a","image":"a:1","livenessProbe":{"httpGet":{"path":"/","port":80}}},{"name":"b","image":"b:1","resources":{"limits":{"cpu":"1","memory":"1Gi"}}},
{"name":"c","image":"c:1"}],"volumes":[{"name":"s","secret":{"secretName":"x"}},{"name":"p","projected":{"sources":[{"secret":{"name":"x"}}]}}]}}`},
	{"v1 ConfigMap", corev1.ConfigMap{}, `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c","labels":{"a":"b","c":"d"}},"data":{"a":"1","b":"2","c":"3"},"immutable":false}`},
	{"v1 ServiceAccount", corev1.ServiceAccount{}, `{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"s","finalizers":["x/y","x/z","x/w"]},
"secrets":[{"name":"one"},{"name":"two"}],"imagePullSecrets":[{"name":"a"},{"name":"b"}],"automountServiceAccountToken":true}`},
	{"batch/v1 CronJob", batchv1.CronJob{}, `{"apiVersion":"batch/v1","kind":"CronJob","metadata":{"name":"j"},"spec":{"schedule":"* * * * *","suspend":true,
"jobTemplate":{"spec":{"backoffLimit":3,"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"j","image":"j:1","command":["sh","-c"]}]}}}}}}`},
	{"networking.k8s.io/v1 Ingress", networkingv1.Ingress{}, `{"apiVersion":"networking.k8s.io/v1","kind":"Ingress","metadata":{"name":"i"},"spec":{"tls":[{"hosts":["h"],"secretName":"t"}],
"rules":[{"host":"h","http":{"paths":[{"path":"/","pathType":"Prefix","backend":{"service":{"name":"web","port":{"number":80}}}}]}}]}}`},
}

func kindNamed(name string) kind {
	for _, one := range kinds {
		if one.name == name {
			return one
		}
	}
	panic(name)
}

func decoded(text string) map[string]any {
	var value map[string]any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		panic(fmt.Errorf("%w in %s", err, text))
	}
	return value
}

func cloned(value any) any {
	var copied any
	if err := json.Unmarshal(encode(value), &copied); err != nil {
		panic(err)
	}
	return copied
}

func fields(value map[string]any) []string {
	var names []string
	for name := range value {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// changed is a copy with some chance changes; more so the higher the rate.
func changed(random *rand.Rand, value any, rate float64) any {
	return change(random, cloned(value), rate)
}

func change(random *rand.Rand, value any, rate float64) any {
	switch typed := value.(type) {
	case map[string]any:
		for _, name := range fields(typed) {
			if name == "apiVersion" || name == "kind" {
				continue
			}
			switch chance := random.Float64(); {
			case chance < rate*0.25 && name != "name":
				delete(typed, name)
			case chance < rate*0.28:
				typed[name] = nil
			default:
				typed[name] = change(random, typed[name], rate)
			}
		}
		return typed
	case []any:
		var list []any
		for _, element := range typed {
			switch chance := random.Float64(); {
			case chance < rate*0.3:
			case chance < rate*0.45:
				list = append(list, change(random, element, rate), change(random, cloned(element), rate*2))
			case chance < rate*0.7:
				list = append(list, change(random, element, rate), renamed(random, cloned(element)))
			default:
				list = append(list, change(random, element, rate))
			}
		}
		if random.Float64() < rate*0.6 {
			random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		}
		if list == nil {
			list = []any{}
		}
		return list
	case string:
		if random.Float64() < rate*0.4 {
			return words[random.Intn(len(words))]
		}
	case float64:
		if random.Float64() < rate*0.4 {
			return float64(random.Intn(5) * 40)
		}
	case bool:
		if random.Float64() < rate*0.4 {
			return !typed
		}
	}
	return value
}

var words = []string{"a", "b", "web", "side", "x", "v", "w", "/v", "/w", "a.io/x", "1"}

// renamed gives a list element another identity.
func renamed(random *rand.Rand, element any) any {
	switch typed := element.(type) {
	case map[string]any:
		for _, key := range []string{"name", "mountPath", "containerPort", "port", "ip", "uid", "type", "topologyKey"} {
			switch typed[key].(type) {
			case string:
				typed[key] = words[random.Intn(len(words))]
			case float64:
				typed[key] = float64(8000 + random.Intn(4))
			}
		}
		return typed
	case string:
		return words[random.Intn(len(words))]
	}
	return element
}

// sparse keeps some of the fields of a map, as patches do; the identities of elements stay mostly.
func sparse(random *rand.Rand, value any, keep float64) any {
	switch typed := value.(type) {
	case map[string]any:
		for _, name := range fields(typed) {
			isKey := name == "name" || name == "mountPath" || name == "containerPort" || name == "port" || name == "type"
			limit := keep
			if isKey {
				limit = 0.97
			}
			if random.Float64() > limit {
				delete(typed, name)
				continue
			}
			typed[name] = sparse(random, typed[name], keep)
		}
		return typed
	case []any:
		list := []any{}
		for _, element := range typed {
			if random.Float64() < keep {
				list = append(list, sparse(random, element, keep))
			}
		}
		return list
	}
	return value
}

// directed adds directives to a patch here and there.
func directed(random *rand.Rand, value any, rate float64) any {
	switch typed := value.(type) {
	case map[string]any:
		for _, name := range fields(typed) {
			typed[name] = directed(random, typed[name], rate)
			list, isList := typed[name].([]any)
			if isList && random.Float64() < rate {
				typed["$setElementOrder/"+name] = order(random, list)
			}
			if isList && random.Float64() < rate*0.5 {
				typed["$deleteFromPrimitiveList/"+name] = []any{words[random.Intn(len(words))], "a.io/x"}
				if random.Float64() < 0.5 {
					delete(typed, name)
				}
			}
		}
		switch chance := random.Float64(); {
		case chance < rate*0.1:
			typed["$patch"] = "replace"
		case chance < rate*0.2:
			typed["$patch"] = "delete"
		case chance < rate*0.22:
			typed["$patch"] = "merge"
		case chance < rate*0.5:
			var kept []any
			for _, name := range fields(typed) {
				if random.Float64() < 0.95 && name[0] != '$' {
					kept = append(kept, name)
				}
			}
			typed["$retainKeys"] = kept
		}
		return typed
	case []any:
		for i, element := range typed {
			typed[i] = directed(random, element, rate)
			if inner, ok := typed[i].(map[string]any); ok && random.Float64() < rate*0.4 {
				inner["$patch"] = "delete"
			}
		}
		if len(typed) > 0 && random.Float64() < rate*0.1 {
			if _, ok := typed[0].(map[string]any); ok {
				typed = append(typed, map[string]any{"$patch": "replace"})
			}
		}
		return typed
	}
	return value
}

func order(random *rand.Rand, list []any) []any {
	result := []any{}
	for _, element := range list {
		if random.Float64() < 0.05 {
			continue
		}
		if inner, ok := element.(map[string]any); ok {
			kept := map[string]any{}
			for _, key := range []string{"name", "mountPath", "containerPort", "port", "ip", "uid", "type"} {
				if value, found := inner[key]; found && (key != "name" || inner["mountPath"] == nil && inner["containerPort"] == nil && inner["port"] == nil) {
					kept[key] = value
				}
			}
			result = append(result, kept)
		} else {
			result = append(result, element)
		}
		if random.Float64() < 0.2 {
			result = append(result, renamed(random, cloned(result[len(result)-1])))
		}
	}
	if random.Float64() < 0.1 {
		random.Shuffle(len(result), func(i, j int) { result[i], result[j] = result[j], result[i] })
	}
	return result
}
