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
  exec "$ours/waxwing" controller --kubeconfig "$work/plane/controller.kubeconfig" --controllers sealed-secrets --key-size 2048 --listen-addr "127.0.0.1:$1" --listen-metrics-addr "127.0.0.1:$2"
}

sealers=waxwing-controller,system:serviceaccount:kube-system:sealed-secrets-controller

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
  until_so 60 "$1 has a key" has_certificate
  until_so 60 "$1 has looked at all" looked "$figures" "$number"
}
has_certificate() { fetch "$answers" /v1/cert.pem | grep -q 'BEGIN CERTIFICATE'; }
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
  local seen
  seen=$("$kubectl" get sealedsecrets -n shop -o 'jsonpath={range .items[*]}{.status.conditions[0].status} {.metadata.generation} {.status.observedGeneration}{"\n"}{end}') || return 1
  [ "$(grep -cE '^True ([0-9]+) \1$' <<<"$seen")" -eq "$(ls "$work/repository" | wc -l)" ]
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
  "$judges/audit" -from "$from" -writes -user "$sealers" "$work/plane/log/audit.log" | tee "$work/writes"
  ! grep -v 'create events\|patch events' "$work/writes" | grep -v "${2:-^$}" || { echo 'error: more than events was written' >&2; return 1; }
}

sealed() {
  title 'the original controller of sealed-secrets, with sealed secrets of both tools'
  server=$(sed -n 's/^.*server: "\(.*\)",.*$/\1/p' "$KUBECONFIG")
  mkdir -p "$work/account" "$work/repository"
  "$kubectl" apply -f "$here/sealed_secrets.yaml" >/dev/null
  "$kubectl" create clusterrolebinding waxwing --clusterrole cluster-admin --user waxwing-controller >/dev/null
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
  value strict password one
  value typed password four
  value plain password six
  value patched mine kept
  value patched password seven
  value templated url 'postgres://me:nine@db'
  until_so 30 'the application is healthy' healthy_application
  echo "nine SealedSecrets of both tools, opened by the original"

  hand_over ours
  [ "$(fetch "$answers" /v1/cert.pem)" = "$(newest_certificate)" ]
  title 'ours at work: a changed secret, a new one, a new key'
  local from
  from=$("$judges/audit" -size "$work/plane/log/audit.log")
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

  # The same look at the log that saw nothing at the hand-over sees this.
  "$judges/audit" -from "$from" -writes -user waxwing-controller "$work/plane/log/audit.log" | grep -q 'waxwing-controller update secrets' ||
    { echo 'error: the log does not show what ours has written' >&2; return 1; }

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

# A canaried secret, then the original: one ordinary revision on the plain name, and nothing else.
versions_left() {
  title 'a Rollout on the version of a secret is passed to the original'
  local space=versions
  "$kubectl" create namespace $space >/dev/null
  answers=$(port)
  background sealer "$ours/waxwing" controller --controllers sealed-secrets,rollouts,analysis --namespace $space --all-namespaces=false \
    --key-size 2048 --listen-addr "127.0.0.1:$answers" --listen-metrics-addr "127.0.0.1:$(port)"
  sealer=$!
  until_so 60 'a key' has_certificate
  deliver() {
    "$kubectl" create secret generic db -n $space --from-literal=password="$1" --dry-run=client -o yaml |
      "$ours/kubeseal" --cert "http://127.0.0.1:$answers/v1/cert.pem" -o yaml |
      "$kubectl" annotate --local -f - waxwing.dev/canary=true -o yaml | "$kubectl" apply -f - >/dev/null
  }
  deliver first
  until_so 30 'a version' "$kubectl" get secret -n $space db-v1 >/dev/null
  "$kubectl" apply -n $space -f "$here/versions.yaml" >/dev/null
  until_so 60 'the first revision' rollout_is 'Healthy 1'
  deliver second
  until_so 60 'the canary of the secret' rollout_is 'Paused 2'
  promote_rollout
  until_so 60 'its promotion' rollout_is 'Healthy 2'
  until_so 60 'the first revision is gone' pods_read 'db-v2 db-v2'
  stop_sealer
  background theirs-versions "$work/theirs" $space "$(port)" "$(port)" "127.0.0.1:$(port)"
  sealer=$!
  until_so 60 'one revision on the plain name' rollout_is 'Paused 3'
  until_so 30 'its first pod beside the others' pods_read 'db db-v2 db-v2'
  promote_rollout
  until_so 60 'its promotion' rollout_is 'Healthy 3'
  until_so 60 'all on the plain name' pods_read 'db db'
  read -rt 2 <> <(:) || true
  rollout_is 'Healthy 3'
  stop_sealer
  echo 'one ordinary revision on the plain name'
}
rollout_is() {
  local seen
  seen=$("$kubectl" get rollout -n versions demo -o 'jsonpath={.status.phase} {.metadata.annotations.rollout\.argoproj\.io/revision} {.metadata.generation} {.status.observedGeneration}')
  [[ "$seen" =~ ^"$1"\ ([0-9]+)\ ([0-9]+)$ ]] && [ "${BASH_REMATCH[1]}" = "${BASH_REMATCH[2]}" ]
}
pods_read() {
  [ "$("$kubectl" get pods -n versions -o 'jsonpath={range .items[*]}{.spec.containers[0].envFrom[0].secretRef.name}{"\n"}{end}' | sort | paste -sd' ')" = "$1" ]
}
promote_rollout() { "$kubectl" patch rollout -n versions demo --subresource status --type merge -p '{"status":{"pauseConditions":null}}' >/dev/null; }
