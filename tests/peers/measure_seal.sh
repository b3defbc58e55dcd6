#!/usr/bin/env bash
# Measures sealing as whole processes, ours beside the original, in the same run: tests/peers/measure_seal.sh OURS PEER [RUNS]
# OURS is a folder with our waxwing and kubeseal (release builds), PEER the real kubeseal. The machine should be idle.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
ours=$(cd "$1" && pwd)
peer=$(realpath "$2")
runs=${3:-21}
keys=$here/../vectors/kubeseal/keys
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
for tool in "$ours/waxwing" "$ours/kubeseal" "$peer"; do
  [ -x "$tool" ] || { echo "error: $tool is missing" >&2; exit 1; }
done

now() { local t=$EPOCHREALTIME; echo "${t/[.,]/}"; }
# median NAME COMMAND...: microseconds, and the largest resident size in KiB where /usr/bin/time is there
median() {
  local name=$1 at end
  shift
  : >times
  for _ in $(seq "$runs"); do
    at=$(now)
    "$@" >/dev/null
    end=$(now)
    echo $((end - at)) >>times
  done
  local middle rss=-
  middle=$(sort -n times | sed -n "$(((runs + 1) / 2))p")
  if [ -x /usr/bin/time ]; then
    rss=$(/usr/bin/time -f %M "$@" 2>&1 >/dev/null | tail -1)
  fi
  printf '%-58s %9s us  %8s KiB\n' "$name" "$middle" "$rss"
}

secret() { # secret NAME ITEMS
  printf 'apiVersion: v1\nkind: Secret\nmetadata: {name: %s, namespace: shop}\nstringData:\n' "$1"
  for item in $(seq "$2"); do printf '  item-%s: a value of some length %s\n' "$item" "$item"; done
}
secret one 5 >one.yaml
for number in $(seq 200); do printf -- '---\n'; secret "s$number" 5; done >stream.yaml

echo "--- one Secret of 5 items, and 200 of them in a stream (median of $runs)"
for tool in "$ours/kubeseal" "$peer"; do
  median "one Secret: $tool" "$tool" --cert "$keys/primary.crt" -f one.yaml
done
for tool in "$ours/kubeseal" "$peer"; do
  median "200 documents: $tool" "$tool" --cert "$keys/primary.crt" -f stream.yaml
done

echo '--- 4,000 values in 1,000 files, sealed for an old key, re-encrypted offline'
mkdir tree
for number in $(seq 1000); do
  secret "s$number" 4 | "$ours/kubeseal" --cert "$keys/previous.crt" -o yaml >"tree/s$number.yaml"
done
cp -r tree again
at=$(now)
"$ours/waxwing" reencrypt tree --key "$keys/previous.key" --key "$keys/primary.key" --cert "$keys/primary.crt" | tail -1
ours_us=$(($(now) - at))
at=$(now)
for file in again/*.yaml; do
  "$peer" --recovery-unseal --recovery-private-key "$keys/previous.key,$keys/primary.key" <"$file" |
    "$peer" --cert "$keys/primary.crt" -o yaml >new.yaml
  mv new.yaml "$file"
done
peer_us=$(($(now) - at))
printf 'ours %s ms, piping the original %s ms: %s.%s times\n' $((ours_us / 1000)) $((peer_us / 1000)) \
  $((peer_us / ours_us)) $((peer_us * 10 / ours_us % 10))
"$ours/waxwing" reencrypt tree --check --key "$keys/previous.key" --key "$keys/primary.key" --cert "$keys/primary.crt"
