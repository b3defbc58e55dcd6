//! Random trees against the judge: runs where `WAXWING_PEER_KUSTOMIZE` names it (tests/peers/kustomize), and
//! makes `WAXWING_PEER_COUNT` trees (2,000 by default) from `WAXWING_PEER_SEED`. What differs is made smaller.

use std::{
    collections::BTreeMap,
    env,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};
use waxwing::{
    kustomize::{Options, build},
    object::tree::Tree,
};

use super::cases::core;

/// How often the judge may be asked for the error of one tree: with two candidates, one of them stays away for so
/// long in one of 2^31 runs.
const TIMES_ASKED: usize = 32;

/// A small generator of numbers (xorshift), the same on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).unwrap()
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        let at = self.roll(words.len());
        words[at]
    }
}

/// One folder: chunks of its kustomization file, and documents of its resource file.
#[derive(Clone, Debug, Default)]
struct Layer {
    folder: &'static str,
    is_component: bool,
    children: Vec<&'static str>,
    components: Vec<&'static str>,
    chunks: Vec<String>,
    documents: Vec<String>,
}

const NAMES: &[&str] = &["web", "api", "conf", "sec", "a"];
const NAMESPACES: &[&str] = &["", "", "one", "two", "default"];

fn document(dice: &mut Dice) -> String {
    let name = dice.pick(NAMES);
    let namespace = match dice.pick(NAMESPACES) {
        "" => String::new(),
        namespace => format!("  namespace: {namespace}\n"),
    };
    let other = dice.pick(NAMES);
    let third = dice.pick(NAMES);
    let metadata = format!("metadata:\n  name: {name}\n{namespace}");
    let workload = |kind: &str, group: &str| {
        format!(
            "apiVersion: {group}\nkind: {kind}\n{metadata}spec:\n  template:\n    spec:\n      serviceAccountName: {third}\n      containers:\n      - name: c\n        image: nginx:1.2\n        ports: [{{containerPort: 80}}, {{containerPort: 81, protocol: UDP}}]\n        env:\n        - name: E\n          valueFrom: {{configMapKeyRef: {{name: {other}, key: k}}}}\n        envFrom:\n        - secretRef: {{name: {third}}}\n      - name: d\n        image: busybox\n      volumes:\n      - name: v\n        configMap: {{name: {other}}}\n"
        )
    };
    match dice.roll(13) {
        0 | 1 => format!("apiVersion: v1\nkind: ConfigMap\n{metadata}data:\n  k: v\n  n: \"1\"\n"),
        2 => format!("apiVersion: v1\nkind: Secret\n{metadata}data:\n  k: dg==\n"),
        3 | 4 => workload("Deployment", "apps/v1"),
        5 => workload("StatefulSet", "apps/v1"),
        6 => workload("DaemonSet", "apps/v1"),
        7 => format!(
            "apiVersion: v1\nkind: Service\n{metadata}spec:\n  selector: {{app: {other}}}\n  ports:\n  - port: 80\n  - port: 443\n    protocol: TCP\n"
        ),
        8 => format!("apiVersion: v1\nkind: ServiceAccount\n{metadata}"),
        9 => format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\n{metadata}roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: {other}}}\nsubjects:\n- {{kind: ServiceAccount, name: {third}, namespace: one}}\n- {{kind: ServiceAccount, name: default}}\n"
        ),
        10 => format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\n{metadata}rules:\n- resourceNames: [{other}]\n"
        ),
        11 => format!(
            "apiVersion: x.io/v1\nkind: Thing\n{metadata}spec:\n  containers:\n  - image: nginx\n  list: [1, 2.5, true, null-ish, yes]\n  when: 2020-01-01\n"
        ),
        _ => format!(
            "apiVersion: networking.k8s.io/v1\nkind: Ingress\n{metadata}spec:\n  tls:\n  - secretName: {other}\n  rules:\n  - http:\n      paths:\n      - backend: {{service: {{name: {third}}}}}\n"
        ),
    }
}

fn chunk(dice: &mut Dice) -> String {
    let name = dice.pick(NAMES);
    let mut at = dice.roll(22);
    // What mostly fails is tried less often.
    if matches!(at, 10 | 17 | 20) && dice.roll(3) > 0 {
        at = dice.roll(10);
    }
    let generated = dice.pick(&["gen", "gen", "other", "conf", "sec"]);
    match at {
        0 | 1 => format!("namePrefix: {}-\n", dice.pick(&["p", "q"])),
        2 => "nameSuffix: -s\n".to_owned(),
        3 | 4 => format!("namespace: {}\n", dice.pick(&["one", "two", "three"])),
        5 => "labels:\n- pairs: {team: x}\n  includeTemplates: true\n".to_owned(),
        6 => "labels:\n- pairs: {sel: z}\n  includeSelectors: true\n".to_owned(),
        7 => "commonLabels: {common: l}\n".to_owned(),
        8 => "commonAnnotations: {note: t}\n".to_owned(),
        9 => "images:\n- {name: nginx, newTag: v9}\n- {name: busybox, newName: reg/bb, digest: \"sha256:ab\"}\n".to_owned(),
        10 => format!("replicas:\n- {{name: {name}, count: 3}}\n"),
        11 | 12 => format!(
            "configMapGenerator:\n- name: {generated}\n  behavior: {}\n  literals: [\"k=v{}\"]\n",
            dice.pick(&["create", "create", "create", "create", "create", "create", "merge", "replace"]),
            dice.roll(3)
        ),
        13 => format!("secretGenerator:\n- name: {generated}\n  literals: [x=y]\n"),
        14 => "generatorOptions: {disableNameSuffixHash: true, labels: {g: o}}\n".to_owned(),
        15 | 16 => format!(
            "patches:\n- target: {{kind: {}}}\n  patch: |-\n    apiVersion: v1\n    kind: Any\n    metadata: {{name: any, labels: {{patched: q}}}}\n    spec:\n      extra: null\n      ports: [{{port: 80, name: web}}]\n      template: {{spec: {{containers: [{{name: d, image: other}}, {{name: e, image: new}}]}}}}\n",
            dice.pick(&["Deployment|StatefulSet", "Service", "DaemonSet", "Nope"])
        ),
        17 => format!(
            "patches:\n- patch: |-\n    apiVersion: v1\n    kind: ConfigMap\n    metadata: {{name: {name}}}\n    data: {{k: null, added: q}}\n"
        ),
        18 => format!(
            "patches:\n- target: {{name: {name}, kind: {}}}\n  patch: |-\n    - {{op: add, path: /metadata/annotations/j, value: k}}\n    - {{op: add, path: /extra, value: [1, yes, 1.50]}}\n",
            dice.pick(&["Deployment", "ConfigMap", ".*"])
        ),
        19 => format!(
            "patches:\n- target: {{name: {name}, kind: {}}}\n  patch: |-\n    - {{op: replace, path: /metadata/name, value: renamed}}\n",
            dice.pick(&["Deployment", "ConfigMap", "Service"])
        ),
        20 => format!(
            "replacements:\n- source: {{kind: {}, name: {name}}}\n  targets:\n  - select: {{kind: Deployment}}\n    fieldPaths: [\"spec.template.spec.containers.[name=c].image\", metadata.annotations.from]\n    options: {{create: true}}\n",
            dice.pick(&["ConfigMap", "Service", "Secret"])
        ),
        _ => format!("sortOptions: {{order: {}}}\n", dice.pick(&["fifo", "legacy"])),
    }
}

fn layers(dice: &mut Dice) -> Vec<Layer> {
    let mut layers = Vec::new();
    let shape = dice.roll(4);
    let mut add = |dice: &mut Dice,
                   folder,
                   children: &[&'static str],
                   components: &[&'static str],
                   is_component| {
        let mut chunks: BTreeMap<String, String> = BTreeMap::new();
        for _ in 0..dice.roll(5) {
            let made = chunk(dice);
            let field = made.split(':').next().unwrap().to_owned();
            chunks.insert(field, made);
        }
        if matches!(folder, "left" | "right") && dice.roll(4) > 0 {
            let field = dice.pick(&["namePrefix", "nameSuffix", "namespace"]);
            chunks.insert(field.to_owned(), format!("{field}: {folder}\n"));
        }
        let count = dice.roll(if children.is_empty() { 8 } else { 3 });
        let mut documents: BTreeMap<String, String> = BTreeMap::new();
        for _ in 0..count {
            let made = document(dice);
            let name: Vec<&str> = made.lines().skip(1).take(4).collect();
            documents.insert(name.concat(), made);
        }
        layers.push(Layer {
            folder,
            is_component,
            children: children.to_vec(),
            components: components.to_vec(),
            chunks: chunks.into_values().collect(),
            documents: documents.into_values().collect(),
        });
    };
    match shape {
        0 => add(dice, "over", &[], &[], false),
        1 => {
            add(dice, "base", &[], &[], false);
            add(dice, "over", &["base"], &[], false);
        }
        2 => {
            add(dice, "base", &[], &[], false);
            add(dice, "left", &["base"], &[], false);
            add(dice, "right", &["base"], &[], false);
            add(dice, "over", &["left", "right"], &[], false);
        }
        _ => {
            add(dice, "base", &[], &[], false);
            add(dice, "part", &[], &[], true);
            add(dice, "mid", &["base"], &["part"], false);
            add(dice, "over", &["mid"], &[], false);
        }
    }
    layers
}

fn files(layers: &[Layer]) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for layer in layers {
        let mut text = String::new();
        if layer.is_component {
            text.push_str("apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n");
        } else {
            text.push_str("kind: Kustomization\n");
        }
        let mut resources: Vec<String> = layer
            .children
            .iter()
            .map(|child| format!("../{child}"))
            .collect();
        if !layer.documents.is_empty() {
            resources.push("r.yaml".to_owned());
            files.insert(
                format!("{}/r.yaml", layer.folder),
                layer.documents.join("---\n"),
            );
        }
        text.push_str(&format!("resources: [{}]\n", resources.join(", ")));
        if !layer.components.is_empty() {
            let parts: Vec<String> = layer
                .components
                .iter()
                .map(|part| format!("../{part}"))
                .collect();
            text.push_str(&format!("components: [{}]\n", parts.join(", ")));
        }
        text.push_str(&layer.chunks.concat());
        files.insert(format!("{}/kustomization.yaml", layer.folder), text);
    }
    files
}

/// The judge, a program that answers line by line.
struct Judge {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    last_failed: bool,
}

impl Judge {
    fn start(program: &str) -> Self {
        let mut child = Command::new(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("the judge {program} does not start: {error}"));
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self {
            child,
            input,
            output,
            last_failed: false,
        }
    }

    fn ask(&mut self, files: &BTreeMap<String, String>) -> Value {
        let request = json!({"files": files, "root": "over"});
        writeln!(self.input, "{request}").unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    /// How our build differs, if it does.
    fn difference(&mut self, layers: &[Layer]) -> Option<String> {
        let files = files(layers);
        let mut tree = Tree::new();
        for (path, text) in &files {
            tree.insert(&format!("/t/{path}"), text.as_bytes());
        }
        let ours = build(&tree, "/t/over", &Options::default());
        let mut theirs = self.ask(&files);
        self.last_failed = theirs["error"].is_string();
        // The judge visits the referrers in the order of a Go map: of several references that cannot be decided it
        // names another one in each run. Ours must be one of those that it names.
        if let Err(error) = &ours {
            for _ in 1..TIMES_ASKED {
                match theirs["error"].as_str() {
                    Some(text) if !error.to_string().contains(&core(text)) => {
                        theirs = self.ask(&files);
                    }
                    _ => break,
                }
            }
        }
        match (&ours, theirs["error"].as_str()) {
            (Ok(built), None) if built.text() == theirs["out"] => None,
            (Err(error), Some(theirs)) if error.to_string().contains(&core(theirs)) => None,
            (Err(error), Some(theirs)) => Some(format!("theirs: {theirs}\nours: {error}")),
            (Ok(built), Some(theirs)) => Some(format!("theirs: {theirs}\nours: {}", built.text())),
            (Err(error), None) => Some(format!(
                "theirs: {}\nours: {error}",
                theirs["out"].as_str().unwrap()
            )),
            (Ok(built), None) => Some(format!(
                "theirs:\n{}\nours:\n{}",
                theirs["out"].as_str().unwrap(),
                built.text()
            )),
        }
    }

    /// Leaves out what is not needed for the difference.
    fn shrink(&mut self, mut layers: Vec<Layer>) -> Vec<Layer> {
        loop {
            let mut smaller = None;
            'search: for at in 0..layers.len() {
                for chunk in 0..layers[at].chunks.len() {
                    let mut tried = layers.clone();
                    tried[at].chunks.remove(chunk);
                    if self.difference(&tried).is_some() {
                        smaller = Some(tried);
                        break 'search;
                    }
                }
                for document in 0..layers[at].documents.len() {
                    let mut tried = layers.clone();
                    tried[at].documents.remove(document);
                    if self.difference(&tried).is_some() {
                        smaller = Some(tried);
                        break 'search;
                    }
                }
            }
            match smaller {
                Some(found) => layers = found,
                None => return layers,
            }
        }
    }
}

impl Drop for Judge {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn random_trees_are_built_as_the_judge_builds_them() {
    let Ok(program) = env::var("WAXWING_PEER_KUSTOMIZE") else {
        return;
    };
    let number =
        |name: &str, default: u64| env::var(name).map_or(default, |text| text.parse().unwrap());
    let count = number("WAXWING_PEER_COUNT", 2_000);
    let seed = number("WAXWING_PEER_SEED", 1);
    let mut judge = Judge::start(&program);
    let mut wrong = Vec::new();
    let (mut good, mut failing) = (0, 0);
    for index in 0..count {
        let mut dice = Dice((seed << 32) + index * 0x9E37_79B9 + 1);
        for _ in 0..8 {
            dice.roll(2);
        }
        let tree = layers(&mut dice);
        if judge.difference(&tree).is_none() {
            good += 1;
            failing += usize::from(judge.last_failed);
            continue;
        }
        let small = judge.shrink(tree);
        let difference = judge.difference(&small).unwrap();
        let mut text = format!("tree {index}:\n");
        for (path, content) in files(&small) {
            text.push_str(&format!("== {path}\n{content}"));
        }
        wrong.push(format!("{text}{difference}"));
        if wrong.len() == 20 {
            break;
        }
    }
    assert!(
        wrong.is_empty(),
        "{good} alike of {count} ({failing} of them fail), these differ:\n{}",
        wrong.join("\n--------\n")
    );
    println!("{good} of {count} trees alike, {failing} of them fail");
}
