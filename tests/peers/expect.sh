# Sourced by the sessions: says what is expected, counts, and never stops half way.
# Use: expect 'what a person would say' 'extended regular expression' command...
#      refuse  the same, but the command must fail.
# A session has a folder and a namespace of its own: k is kubectl, n is kubectl in that namespace.
set -u
: "${KUBECTL:?names the kubectl to use}" "${KUBECONFIG:?names the cluster}"
passed=0
failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
space=$(basename "$0" .sh)
space="${space//_/-}-$$"
cd "$work" || exit 2
k() { "$KUBECTL" "$@"; }
n() { "$KUBECTL" -n "$space" "$@"; }

# until_has TEXT COMMAND...: asks again until the output has the text, for twenty seconds
until_has() {
  local wanted=$1 seen
  shift
  for _ in $(seq 100); do
    seen=$("$@" 2>&1)
    [[ $seen == *$wanted* ]] && { echo "$seen"; return 0; }
    read -rt 0.2 <> <(:)
  done
  echo "$seen"
  return 1
}

# An empty output is asked for by '^$', any output by ''; other patterns may reach over lines.
matches() {
  if [ "$1" = '^$' ]; then [ -z "$2" ]; elif [ -z "$1" ]; then true; else printf '%s' "$2" | grep -Eqz -- "$1"; fi
}

judge() {
  local what=$1 pattern=$2 wanted=$3
  shift 3
  local output status
  output=$("$@" 2>&1)
  status=$?
  if { [ "$wanted" = ok ] && [ $status -ne 0 ]; } || { [ "$wanted" = fail ] && [ $status -eq 0 ]; } \
    || ! matches "$pattern" "$output"; then
    failed=$((failed + 1))
    printf 'FAILED  %s\n  command: %s\n  status:  %s\n  pattern: %s\n  output:\n%s\n' \
      "$what" "$*" "$status" "$pattern" "$(sed 's/^/    /' <<<"$output" | head -40)"
  else
    passed=$((passed + 1))
    printf 'ok  %s\n' "$what"
  fi
}

expect() { judge "$1" "$2" ok "${@:3}"; }
refuse() { judge "$1" "$2" fail "${@:3}"; }

finish() {
  printf '%s passed, %s failed\n' "$passed" "$failed"
  [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}
