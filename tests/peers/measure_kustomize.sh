#!/usr/bin/env bash
# Measures `waxwing build` beside the real kustomize: whole processes on the same trees, in turns, in one run.
#   measure_kustomize.sh WAXWING KUSTOMIZE [SIZE...]      sizes: resources in the output, 10 100 1000 5000 20000 by default
# Prints one line a size: the median of the times in milliseconds and the highest memory in MiB of either, and
# whether both gave the same bytes. KUSTOMIZE may be `-`; above REFERENCE_MOST resources (1000) it is left out.
# Needs bash, awk and GNU time.
set -euo pipefail
waxwing=$1 kustomize=$2
shift 2
sizes=("${@:-10 100 1000 5000 20000}")
read -ra sizes <<<"${sizes[*]}"
runs=${RUNS:-9}
most=${REFERENCE_MOST:-1000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# An overlay (namespace, prefix, labels with selectors, annotations, image, replicas, two patches, two generators)
# on a base of ConfigMaps, Deployments, Services and Ingresses that refer to each other, 100 resources a file.
tree() {
  local folder=$1 count=$2
  mkdir -p "$folder/base" "$folder/over"
  awk -v count="$((count - 2))" -v folder="$folder/base" 'BEGIN {
    print "resources:" > (folder "/kustomization.yaml")
    for (n = 0; n < count; n++) {
      if (n % 100 == 0) { file = folder "/r" n ".yaml"; print "- r" n ".yaml" > (folder "/kustomization.yaml") }
      print "---" > file
      if (n % 4 == 0) printf "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c%d\ndata:\n  a: b\n  port: \"8080\"\n", n > file
      if (n % 4 == 1) printf "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: d%d\nspec:\n  selector:\n    matchLabels: {app: d%d}\n  template:\n    metadata:\n      labels: {app: d%d}\n    spec:\n      containers:\n      - name: c\n        image: nginx:1\n        ports:\n        - containerPort: 80\n        envFrom:\n        - configMapRef: {name: c%d}\n", n, n, n, n - 1 > file
      if (n % 4 == 2) printf "apiVersion: v1\nkind: Service\nmetadata:\n  name: s%d\nspec:\n  selector: {app: d%d}\n  ports:\n  - port: 80\n", n, n - 1 > file
      if (n % 4 == 3) printf "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: i%d\nspec:\n  rules:\n  - http:\n      paths:\n      - path: /\n        backend:\n          service:\n            name: s%d\n            port: {number: 80}\n", n, n - 1 > file
    }
  }'
  cat >"$folder/over/kustomization.yaml" <<'YAML'
resources: [../base]
namespace: prod
namePrefix: p-
labels:
- pairs: {team: a}
  includeSelectors: true
commonAnnotations: {note: t}
images:
- {name: nginx, newTag: "2"}
replicas:
- {name: d1, count: 3}
patches:
- patch: |-
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: d1}
    spec: {template: {spec: {containers: [{name: c, args: [x]}]}}}
- target: {kind: Service}
  patch: |-
    - {op: add, path: /spec/type, value: ClusterIP}
configMapGenerator:
- {name: gen, literals: [a=b]}
secretGenerator:
- {name: gen, literals: [a=b]}
YAML
}

# One run: its time in microseconds and its highest memory in KiB, appended to a file.
once() {
  local file=$1 out=$2
  shift 2
  local start end
  start=$(date +%s%N)
  /usr/bin/time -o "$work/memory" -f %M "$@" >"$out" 2>"$work/said"
  end=$(date +%s%N)
  echo "$(((end - start) / 1000)) $(tail -1 "$work/memory")" >>"$file"
}

median() { sort -n "$1" | awk '{ t[NR] = $1; if ($2 > m) m = $2 } END { printf "%.1f ms (%.1f to %.1f), %.0f MiB", t[int((NR + 1) / 2)] / 1000, t[1] / 1000, t[NR] / 1000, m / 1024 }'; }

echo "load: $(cut -d' ' -f1-3 /proc/loadavg), $(nproc) cores, median of $runs runs"
for size in "${sizes[@]}"; do
  folder=$work/$size
  tree "$folder" "$size"
  rm -f "$work/ours" "$work/theirs"
  with=$kustomize
  [ "$size" -gt "$most" ] && with=-
  for _ in $(seq "$runs"); do
    once "$work/ours" "$work/ours.yaml" "$waxwing" build "$folder/over"
    [ "$with" = - ] || once "$work/theirs" "$work/theirs.yaml" "$with" build "$folder/over"
  done
  line="$size: waxwing $(median "$work/ours")"
  if [ "$with" != - ]; then
    same=$(cmp -s "$work/ours.yaml" "$work/theirs.yaml" && echo same || echo DIFFERENT)
    line+="; kustomize $(median "$work/theirs"); bytes $same"
  fi
  echo "$line"
done
