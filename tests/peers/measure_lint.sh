#!/usr/bin/env bash
# Measures the linter beside gitleaks 8.30 on the same generated tree in the same run.
# Use: tests/peers/measure_lint.sh JUDGES WAXWING (a release build)
set -euo pipefail
judges=$(mkdir -p "$1" && cd "$1" && pwd)
waxwing=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
[ -x "$judges/gitleaks" ] || GOBIN="$judges" go install github.com/zricethezav/gitleaks/v8@v8.30.0
here=$(cd "$(dirname "$0")" && pwd)
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.com GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.com
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Wall clock in milliseconds and memory at its highest, of the best of some runs.
best() {
  local runs=$1
  shift
  python3 - "$runs" "$@" <<'END'
import os, resource, subprocess, sys, time
runs, words = int(sys.argv[1]), sys.argv[2:]
times = []
for _ in range(runs):
    start = time.monotonic()
    subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    times.append((time.monotonic() - start) * 1000)
memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
print(f"{sorted(times)[len(times) // 2]:.0f} ms (median of {runs}), {memory:.0f} MiB")
END
}

echo '--- accuracy: 1,000 manifests'
python3 "$here/lint_tree.py" accuracy "$work/accuracy"
"$waxwing" lint -C "$work/accuracy" --format json >"$work/ours.json" || true
"$judges/gitleaks" dir "$work/accuracy" --no-banner --redact --report-format json --report-path "$work/theirs.json" >/dev/null 2>&1 || true
python3 "$here/lint_tree.py" judge "$work/accuracy" "$work/ours.json" "$work/theirs.json"

echo '--- staged hook: 20 files, 1,000 manifests, 20 overlays'
python3 "$here/lint_tree.py" staged "$work/staged"
(cd "$work/staged" && git init --quiet && git add --all && git commit --quiet -m first && python3 "$here/lint_tree.py" touch . && git add --all)
echo "ours:     $(cd "$work/staged" && best 11 "$waxwing" lint --staged)"
echo "gitleaks: $(cd "$work/staged" && best 5 "$judges/gitleaks" git --pre-commit --staged --redact --no-banner)"

echo '--- tree: 10,000 manifests, 100 overlays'
python3 "$here/lint_tree.py" tree "$work/tree"
echo "ours:     $(best 3 "$waxwing" lint -C "$work/tree")"
echo "gitleaks: $(best 3 "$judges/gitleaks" dir "$work/tree" --redact --no-banner)"

echo '--- history: 10,000 commits'
python3 "$here/lint_tree.py" history "$work/history"
echo "ours:     $(best 1 "$waxwing" lint -C "$work/history" --history)"
echo "again:    $(best 3 "$waxwing" lint -C "$work/history" --history)"
echo "gitleaks: $(best 1 "$judges/gitleaks" git "$work/history" --redact --no-banner)"
