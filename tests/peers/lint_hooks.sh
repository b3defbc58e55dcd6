#!/usr/bin/env bash
# The examples that we hand out, run by the tools that they are for: pre-commit (PyPI) and actionlint (Go module).
# Use: tests/peers/lint_hooks.sh JUDGES BINARIES
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
judges=$(cd "$1" && pwd)
PATH="$(cd "$2" && pwd):$judges:$PATH"
export PATH GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.com GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.com

if [ ! -x "$judges/venv/bin/pre-commit" ]; then
  python3 -m venv "$judges/venv"
  "$judges/venv/bin/pip" install --quiet 'pre-commit==4.2.0'
fi
[ -x "$judges/actionlint" ] || GOBIN="$judges" go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.7

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# pre-commit takes hooks from a repository.
git init --quiet "$work/hooks"
cp "$root/.pre-commit-hooks.yaml" "$work/hooks/"
git -C "$work/hooks" add --all
git -C "$work/hooks" commit --quiet -m hooks
revision=$(git -C "$work/hooks" rev-parse HEAD)

git init --quiet "$work/user"
cd "$work/user"
cat >.pre-commit-config.yaml <<END
repos:
  - repo: $work/hooks
    rev: $revision
    hooks: [{id: waxwing-lint}]
END
printf 'apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {pw: %s}\n' 'hunter''2' >a.yaml
export PRE_COMMIT_HOME="$work/home"
"$judges/venv/bin/pre-commit" install >/dev/null
git add --all
if git commit -m first >"$work/out" 2>&1; then
  cat "$work/out"
  echo 'error: pre-commit let a plain Secret through' >&2
  exit 1
fi
grep -q P101 "$work/out"
! grep -q "hunter""2" "$work/out"
printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n' >a.yaml
git add --all
git commit --quiet -m first >"$work/out" 2>&1 || { cat "$work/out"; exit 1; }
echo 'pre-commit: refuses a plain Secret, takes a clean file'

mkdir -p "$work/actions/.github/workflows"
cd "$work/actions"
git init --quiet
mkdir -p deploy
cp -r "$root/deploy/github-action" deploy/
cat >.github/workflows/lint.yml <<'END'
name: lint
on: pull_request
jobs:
  lint:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
        with: {fetch-depth: 0}
      - uses: ./deploy/github-action
        with:
          arguments: --config-from origin/main
          sarif: lint.sarif
END
actionlint -shellcheck= -pyflakes=
sed -i 's/arguments:/argumentz:/' .github/workflows/lint.yml
if actionlint -shellcheck= -pyflakes= >/dev/null; then
  echo 'error: actionlint sees no wrong input of the action' >&2
  exit 1
fi
echo 'actionlint: takes the action, and sees a wrong input'
