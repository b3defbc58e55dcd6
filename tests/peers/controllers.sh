# A real control plane with our node, and ways to start controllers on it. Sourced; `here`, `judges` and `ours` are set.

work=$(mktemp -d)
pids=()
stop() {
  for pid in "${pids[@]}" $(cat "$work/started" 2>/dev/null); do kill -TERM "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  "$here/../cluster/down" "$work/plane" >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap stop EXIT
title() { printf '\n--- %s (%s)\n' "$1" "$(date +%H:%M:%S)"; }

# background NAME COMMAND...: runs with its output in NAME.log; the process is $!
background() {
  local name=$1
  shift
  "$@" >"$work/$name.log" 2>&1 &
  pids+=($!)
}
# port: one of loopback on which nobody listens
port() {
  local number
  while :; do
    number=$((13000 + RANDOM % 6000))
    (: <>"/dev/tcp/127.0.0.1/$number") 2>/dev/null || { echo "$number"; return; }
  done
}

# The controllers of Rollouts of one namespace: `$work/ours NAMESPACE PORT PORT METRICS`. Both ask the same stub for
# metrics, as a proxy; the API server is asked directly.
launcher() {
  cat >"$work/$1"
  chmod +x "$work/$1"
}

# plane: starts it; KUBECONFIG, kubectl and the commands of the controllers are there afterwards
plane() {
  title 'the real control plane'
  "$here/../cluster/up" "$work/plane" >"$work/up"
  KUBECONFIG=$(sed -n 's/^KUBECONFIG=//p' "$work/up")
  kubectl=$(sed -n 's/^KUBECTL=//p' "$work/up")
  export KUBECONFIG
  "$ours/waxwing" crd | "$kubectl" apply -f - >/dev/null
  "$kubectl" apply -f "$here/timeline/kinds.yaml" >/dev/null
  # The original waits for all of its kinds; we have no experiments.
  "$kubectl" create -f "$judges/experiment-crd.yaml" >/dev/null
  background node "$ours/waxwing" sandbox --attach "$KUBECONFIG"
  commands
}
commands() {
  local proxied="env KUBECONFIG=$KUBECONFIG HTTP_PROXY=http://\$4 http_proxy=http://\$4 NO_PROXY=127.0.0.1"
  launcher ours <<L
#!/usr/bin/env bash
exec $proxied $ours/waxwing controller --controllers rollouts,analysis --namespace "\$1" --all-namespaces=false \\
  --listen-addr "127.0.0.1:\$2" --listen-metrics-addr "127.0.0.1:\$3"
L
  launcher theirs <<L
#!/usr/bin/env bash
exec $proxied $judges/rollouts-controller --kubeconfig $KUBECONFIG --namespaced --namespace "\$1" --leader-elect=false \\
  --healthzPort "\$2" --metricsPort "\$3"
L
}
