#!/usr/bin/env bash
# A developer's way with sealed secrets on a real control plane, with our controller behind the API server's own proxy.
# Use: KUBECONFIG=… KUBECTL=… tests/peers/seal_on_plane.sh WAXWING KUBESEAL...
# The proxy takes no address of the range 127.0.0.0/8, so the controller listens on one that is added to the loopback
# interface and taken away again; that needs the right to do so. It goes only to pods, so a pod stands for the controller.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
waxwing=$(realpath "$1")
shift
address=${SEAL_ADDRESS:-10.77.77.1}
port=${SEAL_PORT:-18080}
work=$(mktemp -d)
controller=
added=
stop() {
  [ -z "$controller" ] || kill -TERM "$controller" 2>/dev/null || true
  [ -z "$controller" ] || wait "$controller" 2>/dev/null || true
  [ -z "$added" ] || ip addr del "$address/32" dev lo
  rm -rf "$work"
}
trap stop EXIT
k() { "$KUBECTL" "$@"; }

ip addr show dev lo | grep -q "inet $address/" || { ip addr add "$address/32" dev lo; added=yes; }
"$waxwing" crd | k apply --server-side -f - >"$work/crd"
k apply -f - >"$work/service" <<END
apiVersion: v1
kind: Service
metadata: {name: sealed-secrets-controller, namespace: kube-system}
spec: {clusterIP: None, ports: [{port: $port}]}
---
apiVersion: v1
kind: Pod
metadata: {name: seal-on-plane, namespace: kube-system}
spec: {automountServiceAccountToken: false, containers: [{name: controller, image: none}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: sealed-secrets-controller
  namespace: kube-system
  labels: {kubernetes.io/service-name: sealed-secrets-controller, endpointslice.kubernetes.io/managed-by: seal-on-plane}
addressType: IPv4
endpoints:
- addresses: [$address]
  conditions: {ready: true}
  targetRef: {kind: Pod, name: seal-on-plane, namespace: kube-system}
ports: [{name: "", port: $port}]
END
k -n kube-system patch pod seal-on-plane --subresource status --type merge \
  -p "{\"status\":{\"phase\":\"Running\",\"podIP\":\"$address\",\"podIPs\":[{\"ip\":\"$address\"}]}}" >"$work/pod"
"$waxwing" controller --controllers sealed-secrets --listen-addr "$address:$port" \
  --listen-metrics-addr "127.0.0.1:0" >"$work/controller" 2>&1 &
controller=$!
has_certificate() {
  exec 8<>"/dev/tcp/$address/$port" || return 1
  printf 'GET /v1/cert.pem HTTP/1.0\r\n\r\n' >&8
  grep -q 'BEGIN CERTIFICATE' <&8
}
for _ in $(seq 150); do
  has_certificate 2>/dev/null && break
  kill -0 "$controller" || { cat "$work/controller"; exit 1; }
  read -rt 0.2 <> <(:) || true
done
for kubeseal in "$@"; do
  echo "--- $kubeseal on the real control plane"
  KUBESEAL=$(realpath "$kubeseal") "$here/seal_session.sh"
done
