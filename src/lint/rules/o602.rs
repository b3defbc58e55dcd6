//! O602: something was not scanned.

use crate::lint::rule::rule;

rule! {
    /// Something was not scanned.
    ///
    /// What: a manifest that does not parse or passes a limit (10 MiB, aliases, depth, 5 seconds), a link out of the
    /// repository, a kustomization with a remote base, with charts or that does not build, and the templates of a
    /// chart. The exit code is then 3, whatever else was found.
    ///
    /// Why: a clean result must mean that everything was looked at.
    ///
    /// Instead: mend the file, or list the path under `accept` of the configuration with a reason and a date; charts
    /// are scanned rendered (`helm template … | waxwing lint -`).
    "O602", Error, []
}

#[cfg(test)]
const FOUND: &[&str] = &[
    "a: [",
    "a: b: c",
    "\ta: 1",
    "a: 1\na: 2\n",
    "=== a.json\n{\"apiVersion\": \"v1\", \"kind\": \"x\"",
    "=== c/Chart.yaml\nname: c\n=== c/templates/s.yaml\na: {{ .x }}\n",
    "=== o/kustomization.yaml\nresources: [https://example.com/x?ref=1]\n",
    "=== o/kustomization.yaml\nhelmCharts: [{name: x}]\n",
    "=== o/kustomization.yaml\nresources: [gone.yaml]\n",
    "=== a.yaml\nversion https://git-lfs.github.com/spec/v1\noid sha256:0\n",
];

#[cfg(test)]
const QUIET: &[&str] = &[
    "a: 1",
    "",
    "=== a.json\n{\"a\": 1, // comment\n}",
    "=== a.txt\na: [\n",
    "=== .waxwing-lint.yaml\naccept: [{path: c, reason: x, until: 2099-01-01}]\n=== c/Chart.yaml\nname: c\n=== c/templates/s.yaml\na: {{ .x }}\n",
    "=== o/kustomization.yaml\nresources: [a.yaml]\n=== o/a.yaml\n{%CM%, metadata: {name: a}}",
    "=== c/Chart.yaml\nname: c\n=== c/values.yaml\na: 1\n",
    "=== .waxwing-lint.yaml\naccept: [{path: o, reason: x, until: 2099-01-01}]\n=== o/kustomization.yaml\nresources: [https://example.com/x?ref=1]\n",
];
