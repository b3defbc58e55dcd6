# Sealing handed from the original controller to ours and back, with live SealedSecrets and our applier at work.
# Sourced by tests/peers/controllers.

# The account of the original: the place where a pod finds it, in a mount namespace of its own, so that nothing is left.
theirs_sealer() {
  local answers=$1 figures=$2 run
  run=$(readlink -f /var/run)
  export KUBERNETES_SERVICE_HOST=127.0.0.1 KUBERNETES_SERVICE_PORT=${server##*:} POD_NAMESPACE=kube-system
  exec unshare -m -- sh -ec 'mount -t tmpfs none "$1"
    mkdir -p "$1/secrets/kubernetes.io/serviceaccount"
    cp "$2/token" "$2/ca.crt" "$2/namespace" "$1/secrets/kubernetes.io/serviceaccount/"
    shift 2
    exec "$@"' - "$run" "$work/account" "$judges/sealed-secrets-controller" --key-size 2048 \
    --listen-addr "127.0.0.1:$answers" --listen-metrics-addr "127.0.0.1:$figures"
}
ours_sealer() {
  exec "$ours/waxwing" controller --controllers sealed-secrets --key-size 2048 --listen-addr "127.0.0.1:$1" --listen-metrics-addr "127.0.0.1:$2"
}

# fetch PORT PATH: the body of an answer
fetch() {
  exec 7<>"/dev/tcp/127.0.0.1/$1" || return 1
  printf 'GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n' "$2" >&7
  sed '1,/^\r$/d' <&7
  exec 7>&-
}
# until_so SECONDS WHAT COMMAND...: asks again until it succeeds
until_so() {
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" 2>/dev/null; do
    [ $SECONDS -lt $end ] && kill -0 "$sealer" || { echo "error: never so: $what" >&2; "$kubectl" get sealedsecrets -A; tail -n 20 "$work/sealer.log" "$work/applier.log"; return 1; }
    read -rt 0.2 <> <(:) || true
  done
}
# start_sealer ours|theirs: and waits until it has looked at every SealedSecret
start_sealer() {
  answers=$(port)
  figures=$(port)
  local number
  number=$("$kubectl" get sealedsecrets -A --no-headers 2>/dev/null | wc -l)
  background sealer "$1_sealer" "$answers" "$figures"
  sealer=$!
  until_so 60 "$1 answers" fetch "$answers" /healthz >/dev/null
  until_so 60 "$1 has looked at all" looked "$figures" "$number"
}
looked() {
  local seen
  seen=$(fetch "$1" /metrics | sed -n 's/^sealed_secrets_controller_unseal_requests_total //p')
  [ "${seen:-0}" -ge "$2" ]
}
stop_sealer() {
  kill -TERM "$sealer"
  wait "$sealer" || true
}

# seal KUBESEAL FILE [FLAG...]: for whoever holds the keys now
seal() {
  local tool=$1 file=$2
  shift 2
  "$tool" --cert "http://127.0.0.1:$answers/v1/cert.pem" -o yaml "$@" >"$work/repository/$file.yaml"
}
secret() { "$kubectl" create secret generic "$@" -n shop --dry-run=client -o yaml; }
commit() {
  git -C "$work/repository" add -A
  git -C "$work/repository" -c user.name=shop -c user.email=shop@example.org commit -qm "$1"
  "$kubectl" annotate -n argocd application shop argocd.argoproj.io/refresh=normal --overwrite >/dev/null
}
value() { [ "$("$kubectl" get secret -n shop "$1" -o "go-template={{index .data \"$2\" | base64decode}}")" = "$3" ]; }
all_synced() {
  local wanted
  wanted=$(ls "$work/repository" | wc -l)
  [ "$("$kubectl" get sealedsecrets -n shop --no-headers | wc -l)" -eq "$wanted" ] || return 1
  ! "$kubectl" get sealedsecrets -n shop -o 'jsonpath={range .items[*]}{.status.conditions[0].status} {.metadata.generation} {.status.observedGeneration}{"\n"}{end}' |
    grep -qvE '^True ([0-9]+) \1$'
}
# versions: every SealedSecret and Secret of the shop, and the sealing keys
versions() {
  "$kubectl" get sealedsecrets,secrets -n shop -o 'jsonpath={range .items[*]}{.kind} {.metadata.name} {.metadata.resourceVersion}{"\n"}{end}'
  "$kubectl" get secrets -n kube-system -l sealedsecrets.bitnami.com/sealed-secrets-key -o 'jsonpath={range .items[*]}Key {.metadata.name} {.metadata.resourceVersion}{"\n"}{end}'
}
# hand_over ours|theirs: one stops, the other starts; nothing may be written but events
hand_over() {
  title "sealing is handed over to $1"
  stop_sealer
  versions >"$work/before"
  local from
  from=$("$judges/audit" -size "$work/plane/log/audit.log")
  start_sealer "$1"
  read -rt 2 <> <(:) || true
  versions >"$work/after"
  diff "$work/before" "$work/after" || { echo 'error: something was written' >&2; return 1; }
  "$judges/audit" -from "$from" -writes -agent waxwing,sealed-secrets,controller "$work/plane/log/audit.log" | tee "$work/writes"
  ! grep -v 'create events\|patch events' "$work/writes" | grep -v "${2:-^$}" || { echo 'error: more than events was written' >&2; return 1; }
}

sealed() {
  title 'the original controller of sealed-secrets, with sealed secrets of both tools'
  server=$(sed -n 's/^.*server: "\(.*\)",.*$/\1/p' "$KUBECONFIG")
  mkdir -p "$work/account" "$work/repository"
  "$kubectl" apply -f "$here/sealed_secrets.yaml" >/dev/null
  "$kubectl" create token -n kube-system sealed-secrets-controller --duration 1h >"$work/account/token"
  cp "$work/plane/pki/ca.crt" "$work/account/ca.crt"
  printf kube-system >"$work/account/namespace"
  start_sealer theirs
  local real=$judges/kubeseal own=$ours/kubeseal
  secret strict --from-literal=password=one | seal "$own" strict
  secret wide --from-literal=password=two | seal "$real" wide --scope namespace-wide
  secret everywhere --from-literal=password=three | seal "$own" everywhere --scope cluster-wide
  secret typed --type=kubernetes.io/basic-auth --from-literal=username=me --from-literal=password=four | seal "$real" typed
  secret labelled --from-literal=password=five |
    sed 's/^metadata:/metadata:\n  labels: {team: shop}\n  annotations: {note: kept}/' | seal "$own" labelled
  secret plain --from-literal=password=old | "$kubectl" annotate --local -f - sealedsecrets.bitnami.com/managed=true -o yaml |
    "$kubectl" apply -f - >/dev/null
  secret plain --from-literal=password=six | seal "$real" plain
  secret patched --from-literal=mine=kept | "$kubectl" annotate --local -f - sealedsecrets.bitnami.com/patch=true -o yaml |
    "$kubectl" apply -f - >/dev/null
  secret patched --from-literal=password=seven |
    sed 's/^metadata:/metadata:\n  annotations: {sealedsecrets.bitnami.com\/patch: "true"}/' | seal "$own" patched
  secret fixed --from-literal=password=eight | sed 's/^metadata:/immutable: true\nmetadata:/' | seal "$real" fixed
  secret templated --from-literal=password=nine | seal "$own" templated
  sed -i 's/^  template:/  template:\n    data: {url: "postgres:\/\/me:{{ .password }}@db"}/' "$work/repository/templated.yaml"
  git -C "$work/repository" init -q -b main
  background applier "$ours/waxwing" controller --controllers applications --git-url "https://git.example/=$work/" \
    --git-poll 1s --listen-addr "127.0.0.1:$(port)" --listen-metrics-addr "127.0.0.1:$(port)"
  commit 'the first secrets'
  until_so 60 'all are opened' all_synced
  value strict password one && value typed password four && value plain password six && value patched mine kept
  value patched password seven && value templated url 'postgres://me:nine@db'
  until_so 30 'the application is healthy' healthy_application
  echo "nine SealedSecrets of both tools, opened by the original"

  hand_over ours
  [ "$(fetch "$answers" /v1/cert.pem)" = "$(newest_certificate)" ]
  title 'ours at work: a changed secret, a new one, a new key'
  secret strict --from-literal=password=changed | seal "$real" strict
  kill -USR1 "$sealer"
  until_so 30 'a second key' number_of_keys 2
  until_so 30 'its certificate' certificate_is_newest
  secret newest --from-literal=password=ten | seal "$real" newest
  commit 'a change and a new key'
  until_so 30 'the change' value strict password changed
  until_so 30 'the new one' value newest password ten
  until_so 60 'all are opened' all_synced
  until_so 30 'the application is healthy' healthy_application

  # The original looks at each Secret, and puts those without a type as they are, which changes nothing.
  hand_over theirs 'update secrets$'
  [ "$(fetch "$answers" /v1/cert.pem)" = "$(newest_certificate)" ]
  title 'the original at work again, with the key that ours has made'
  secret newest --from-literal=password=eleven | seal "$own" newest
  commit 'a change of what ours has opened'
  until_so 30 'the change' value newest password eleven
  until_so 60 'all are opened' all_synced
  until_so 30 'the application is healthy' healthy_application
  hand_over ours
  stop_sealer
}
healthy_application() {
  [ "$("$kubectl" get -n argocd application shop -o 'jsonpath={.status.sync.status} {.status.health.status} {.status.sync.revision}')" = \
    "Synced Healthy $(git -C "$work/repository" rev-parse HEAD)" ]
}
keys() { "$kubectl" get secrets -n kube-system -l sealedsecrets.bitnami.com/sealed-secrets-key=active "$@"; }
number_of_keys() { [ "$(keys --no-headers | wc -l)" -eq "$1" ]; }
newest_certificate() {
  keys --sort-by=.metadata.creationTimestamp -o 'go-template={{range .items}}{{index .data "tls.crt"}}{{"\n"}}{{end}}' | tail -n 1 | base64 -d
}
certificate_is_newest() { [ "$(fetch "$answers" /v1/cert.pem)" = "$(newest_certificate)" ]; }
