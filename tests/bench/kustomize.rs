//! Building an overlay on a base: namespace, prefix, labels with selectors, annotations, an image, replicas,
//! two patches and two generators, at several sizes; and many overlays over shared bases in one session. Whole
//! processes beside kustomize's are measured by tests/peers/measure_kustomize.sh on the same kind of trees.

use std::fmt::Write;

use divan::{Bencher, counter::ItemsCount};
use waxwing::{
    kustomize::{Options, Session, build},
    object::tree::{Entry, Tree},
};

/// Resources in one file.
const IN_A_FILE: usize = 100;

fn tree(count: usize) -> Tree {
    let mut tree = Tree::new();
    let mut base = String::from("resources:\n");
    let mut number = 0;
    while number < count {
        let mut text = String::new();
        for _ in 0..IN_A_FILE.min(count - number) {
            let _ = match number % 4 {
                0 => write!(
                    text,
                    "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c{number}\ndata:\n  a: b\n  port: \"8080\"\n"
                ),
                1 => write!(
                    text,
                    "---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: d{number}\nspec:\n  selector:\n    matchLabels: {{app: d{number}}}\n  template:\n    metadata:\n      labels: {{app: d{number}}}\n    spec:\n      containers:\n      - name: c\n        image: nginx:1\n        envFrom:\n        - configMapRef: {{name: c{}}}\n",
                    number - 1
                ),
                2 => write!(
                    text,
                    "---\napiVersion: v1\nkind: Service\nmetadata:\n  name: s{number}\nspec:\n  selector: {{app: d{}}}\n  ports:\n  - port: 80\n",
                    number - 1
                ),
                _ => write!(
                    text,
                    "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: i{number}\nspec:\n  rules:\n  - http:\n      paths:\n      - path: /\n        backend:\n          service:\n            name: s{}\n            port: {{number: 80}}\n",
                    number - 1
                ),
            };
            number += 1;
        }
        let name = format!("r{number}.yaml");
        let _ = writeln!(base, "- {name}");
        tree.insert(&format!("base/{name}"), text.into_bytes());
    }
    tree.insert("base/kustomization.yaml", base.into_bytes());
    tree.insert(
        "over/kustomization.yaml",
        &b"resources: [../base]\nnamespace: prod\nnamePrefix: p-\nlabels:\n- pairs: {team: a}\n  includeSelectors: true\ncommonAnnotations: {note: t}\nimages:\n- {name: nginx, newTag: \"2\"}\nreplicas:\n- {name: d1, count: 3}\npatches:\n- patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: d1}\n    spec: {template: {spec: {containers: [{name: c, args: [x]}]}}}\n- target: {kind: Service}\n  patch: |-\n    - {op: add, path: /spec/type, value: ClusterIP}\nconfigMapGenerator:\n- {name: gen, literals: [a=b]}\nsecretGenerator:\n- {name: gen, literals: [a=b]}\n"[..],
    );
    tree
}

#[divan::bench(args = [10, 100, 1_000, 5_000, 10_000, 20_000], sample_count = 5)]
fn overlay(bencher: Bencher, count: usize) {
    let tree = tree(count);
    bencher
        .counter(ItemsCount::new(count))
        .bench_local(|| build(&tree, "/over", &Options::default()).unwrap().text());
}

/// Overlays over shared bases.
const OVERLAYS: usize = 100;
/// Bases that they share.
const BASES: usize = 10;
/// Resources of one base.
const IN_A_BASE: usize = 50;

#[divan::bench(sample_count = 5)]
fn hundred_overlays_over_ten_bases(bencher: Bencher) {
    let mut all = Tree::new();
    for base in 0..BASES {
        for (path, entry) in tree(IN_A_BASE).entries() {
            if let (Some(rest), Entry::File(bytes)) = (path.strip_prefix("/base/"), entry) {
                all.insert(&format!("base{base}/{rest}"), bytes.clone());
            }
        }
    }
    for overlay in 0..OVERLAYS {
        let text = format!(
            "resources: [../base{}]\nnamespace: n{overlay}\nnamePrefix: p-\nimages:\n- {{name: nginx, newTag: v{overlay}}}\npatches:\n- target: {{kind: Service}}\n  patch: |-\n    - {{op: add, path: /spec/type, value: ClusterIP}}\nconfigMapGenerator:\n- {{name: gen, literals: [a={overlay}]}}\n",
            overlay % BASES
        );
        all.insert(
            &format!("over{overlay}/kustomization.yaml"),
            text.into_bytes(),
        );
    }
    bencher.counter(ItemsCount::new(OVERLAYS)).bench_local(|| {
        let session = Session::new(&all);
        let texts = (0..OVERLAYS).map(|overlay| {
            let built = session.build(&format!("/over{overlay}"), &Options::default());
            built.unwrap().text().len()
        });
        texts.sum::<usize>()
    });
}
