//! Random trees of kustomizations, the same on every machine for one seed.

use std::collections::BTreeMap;

/// A small generator of numbers (xorshift), the same on every machine.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        let mut dice = Self(seed);
        for _ in 0..8 {
            dice.roll(2);
        }
        dice
    }

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

/// A part of a kustomization file, with the files that it names.
#[derive(Clone, Debug, Default)]
pub struct Chunk {
    text: String,
    files: Vec<(&'static str, String)>,
}

impl From<String> for Chunk {
    fn from(text: String) -> Self {
        Self {
            text,
            files: Vec::new(),
        }
    }
}

/// One folder: chunks of its kustomization file, and documents of its resource file.
#[derive(Clone, Debug, Default)]
pub struct Layer {
    folder: &'static str,
    is_component: bool,
    children: Vec<&'static str>,
    components: Vec<&'static str>,
    pub chunks: Vec<Chunk>,
    pub documents: Vec<String>,
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
    let more = match dice.roll(12) {
        0 => "  labels: {team: x, 'on': \"1\"}\n",
        1 => "  annotations: {note: old}\n",
        2 => "  annotations: {config.kubernetes.io/local-config: \"true\"}\n",
        3 => "  labels: null\n",
        _ => "",
    };
    let metadata = format!("metadata:\n  name: {name}\n{namespace}{more}");
    let workload = |kind: &str, group: &str| {
        format!(
            "apiVersion: {group}\nkind: {kind}\n{metadata}spec:\n  template:\n    spec:\n      serviceAccountName: {third}\n      containers:\n      - name: c\n        image: nginx:1.2\n        ports: [{{containerPort: 80}}, {{containerPort: 81, protocol: UDP}}]\n        env:\n        - name: E\n          valueFrom: {{configMapKeyRef: {{name: {other}, key: k}}}}\n        envFrom:\n        - secretRef: {{name: {third}}}\n      - name: d\n        image: busybox\n      volumes:\n      - name: v\n        configMap: {{name: {other}}}\n"
        )
    };
    match dice.roll(17) {
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
        12 => format!(
            "apiVersion: v1\nkind: Pod\n{metadata}spec:\n  containers:\n  - name: c\n    image: nginx@sha256:aa\n    args: [$(ONE), \"x$(TWO)\", $$(ONE), $(NONE)]\n    env: [{{name: E, value: $(TWO)}}]\n"
        ),
        13 => format!(
            "apiVersion: x.io/v1\nkind: Thing\n{metadata}spec:\n  ref: {other}\n  sel: {{a: b}}\n  items: [{{id: a, v: 1}}, {{id: b, v: 010}}]\n  text: |\n    a\n     b\n  long: aaaaaaaaa bbbbbbbbb ccccccccc ddddddddd eeeeeeeee fffffffff ggggggggg hhhhhhhhh iiiiiiiii\n"
        ),
        14 => format!(
            "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {{name: {name}}}\n- {{apiVersion: v1, kind: Secret, metadata: {{name: {name}}}}}\n"
        ),
        15 => format!(
            "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata:\n  name: {name}\nwebhooks:\n- name: w\n  clientConfig: {{service: {{name: {other}, namespace: one}}}}\n"
        ),
        _ => format!(
            "apiVersion: networking.k8s.io/v1\nkind: Ingress\n{metadata}spec:\n  tls:\n  - secretName: {other}\n  rules:\n  - http:\n      paths:\n      - backend: {{service: {{name: {third}}}}}\n"
        ),
    }
}

fn chunk(dice: &mut Dice) -> Chunk {
    if dice.roll(3) == 0 {
        return rarer(dice);
    }
    let name = dice.pick(NAMES);
    let mut at = dice.roll(22);
    // What mostly fails is tried less often.
    if matches!(at, 10 | 17 | 20) && dice.roll(3) > 0 {
        at = dice.roll(10);
    }
    let generated = dice.pick(&["gen", "gen", "other", "conf", "sec"]);
    let text = match at {
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
    };
    text.into()
}

/// What kustomizations have less often, some of it with files of its own.
fn rarer(dice: &mut Dice) -> Chunk {
    let name = dice.pick(NAMES);
    let other = dice.pick(NAMES);
    let kind = dice.pick(&["ConfigMap", "Deployment", "Service", "Thing", "Secret"]);
    let with = |text: &str, files: &[(&'static str, &str)]| Chunk {
        text: text.to_owned(),
        files: files
            .iter()
            .map(|(name, text)| (*name, (*text).to_owned()))
            .collect(),
    };
    match dice.roll(24) {
        0 => format!("vars:\n- {{name: ONE, objref: {{kind: ConfigMap, name: {name}, apiVersion: v1}}}}\n").into(),
        1 => format!("vars:\n- {{name: TWO, objref: {{kind: Service, name: {name}, apiVersion: v1}}, fieldref: {{fieldpath: \"spec.ports[0].port\"}}}}\n").into(),
        2 => with(
            "configurations: [conf.yaml]\n",
            &[("conf.yaml", "nameReference:\n- kind: ConfigMap\n  version: v1\n  fieldSpecs: [{path: spec/ref, kind: Thing}]\nnamePrefix: [{path: spec/long, kind: Thing}]\ncommonLabels: [{path: spec/sel, kind: Thing, create: true}]\nimages: [{path: spec/picture, kind: Thing}]\n")],
        ),
        3 => with(
            "crds: [crd.json]\n",
            &[("crd.json", "{\"x.Thing\": {\"Schema\": {\"properties\": {\"apiVersion\": {\"type\": \"string\"}, \"kind\": {\"type\": \"string\"}, \"metadata\": {\"type\": \"object\"}, \"spec\": {\"$ref\": \"x.Spec\"}}}}, \"x.Spec\": {\"Schema\": {\"properties\": {\"sel\": {\"type\": \"object\", \"x-kubernetes-label-selector\": \"\"}, \"extra\": {\"type\": \"object\", \"x-kubernetes-annotation\": \"\"}}}}}\n")],
        ),
        4 => with(
            "openapi: {path: schema.json}\n",
            &[("schema.json", "{\"definitions\": {\"x.Thing\": {\"properties\": {\"spec\": {\"properties\": {\"items\": {\"type\": \"array\", \"items\": {\"type\": \"object\"}, \"x-kubernetes-patch-merge-key\": \"id\", \"x-kubernetes-patch-strategy\": \"merge\"}}}}, \"x-kubernetes-group-version-kind\": [{\"group\": \"x.io\", \"kind\": \"Thing\", \"version\": \"v1\"}]}}}\n")],
        ),
        5 => "transformers:\n- |-\n  apiVersion: builtin\n  kind: PrefixTransformer\n  metadata: {name: t}\n  prefix: t-\n  fieldSpecs: [{path: metadata/name, kind: ConfigMap}]\n- |-\n  apiVersion: builtin\n  kind: LabelTransformer\n  metadata: {name: l}\n  labels: {tr: l}\n  fieldSpecs: [{path: metadata/labels, create: true}]\n".to_owned().into(),
        6 => with(
            "transformers: [trans.yaml]\n",
            &[("trans.yaml", "apiVersion: builtin\nkind: NamespaceTransformer\nmetadata: {name: n, namespace: moved}\nunsetOnly: true\n---\napiVersion: builtin\nkind: AnnotationsTransformer\nmetadata: {name: a}\nannotations: {tr: a}\nfieldSpecs: [{path: metadata/annotations, create: true}]\n")],
        ),
        7 => "generators:\n- |-\n  apiVersion: builtin\n  kind: ConfigMapGenerator\n  metadata: {name: made}\n  literals: [a=b]\n".to_owned().into(),
        8 => "buildMetadata: [originAnnotations, transformerAnnotations]\n".to_owned().into(),
        9 => format!("labels:\n- pairs: {{f: g}}\n  fields: [{{path: spec/made/labels, create: true, kind: {kind}}}]\n- pairs: {{team: y}}\n  includeTemplates: true\n").into(),
        10 => format!("patches:\n- target: {{labelSelector: \"{}\"}}\n  patch: |-\n    - {{op: add, path: /picked, value: true}}\n", dice.pick(&["team=x", "team!=x", "team in (x, y)", "!team", "common,team"])).into(),
        11 => "patches:\n- target: {annotationSelector: \"note=t\"}\n  patch: |-\n    apiVersion: v1\n    kind: Any\n    metadata: {name: any, annotations: {seen: \"yes\"}}\n".to_owned().into(),
        12 => format!("patchesStrategicMerge:\n- |-\n  apiVersion: v1\n  kind: ConfigMap\n  metadata: {{name: {name}}}\n  data: {{sm: q}}\n").into(),
        13 => format!("patchesJson6902:\n- target: {{version: v1, kind: {kind}, name: {name}}}\n  patch: |-\n    - {{op: add, path: /late, value: 1.5}}\n").into(),
        14 => format!("replacements:\n- sourceValue: \"{}\"\n  targets:\n  - select: {{kind: {kind}}}\n    reject: [{{name: {other}}}]\n    fieldPaths: [metadata.annotations.put, spec.value]\n    options: {{create: true}}\n", dice.pick(&["7", "word", "true", "1.5", "2020-01-01"])).into(),
        15 => with(
            "replacements: [{path: repl.yaml}]\n",
            &[("repl.yaml", "- source: {kind: Service, fieldPath: spec.ports.0.port}\n  targets:\n  - select: {kind: Thing}\n    fieldPaths: [\"spec.items.[id=b].v\"]\n- source: {kind: Deployment, fieldPath: \"spec.template.spec.containers.[name=c].image\", options: {delimiter: \":\", index: 1}}\n  targets:\n  - select: {kind: ConfigMap}\n    fieldPaths: [data.k]\n    options: {delimiter: \"-\", index: -1, create: true}\n")],
        ),
        16 => with(
            "configMapGenerator:\n- name: files\n  files: [some.txt, key=some.txt]\n  envs: [some.env]\n  options: {immutable: true, annotations: {from: files}}\n",
            &[("some.txt", "line one\n\tline two \n"), ("some.env", "A=1\n# no\nB= 2\n")],
        ),
        17 => format!("secretGenerator:\n- name: {name}\n  behavior: {}\n  type: kubernetes.io/tls\n  literals: [\"long={}\"]\n", dice.pick(&["create", "merge", "replace"]), "x".repeat(80)).into(),
        18 => "sortOptions: {order: legacy, legacySortOptions: {orderFirst: [Secret, Thing], orderLast: [ConfigMap]}}\n".to_owned().into(),
        19 => format!("images:\n- {{name: \"ngin.\", newTag: v1}}\n- {{name: nginx, newName: reg.io:5000/n, tagSuffix: {}}}\n", dice.pick(&["-x", "\"\""])).into(),
        20 => format!("patches:\n- target: {{kind: Thing, name: \"{name}|{other}\"}}\n  patch: |-\n    apiVersion: x.io/v1\n    kind: Thing\n    metadata: {{name: renamed}}\n    spec: {{items: [{{id: b, w: 2}}, {{id: c}}], sel: null}}\n  options: {{allowNameChange: {}}}\n", dice.pick(&["true", "false"])).into(),
        21 => format!("patches:\n- patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {{name: {name}}}\n    $patch: {}\n", dice.pick(&["delete", "replace"])).into(),
        22 => format!("patches:\n- target: {{kind: Deployment, name: {name}}}\n  patch: |-\n    apiVersion: v1\n    kind: Any\n    metadata: {{name: any}}\n    spec: {{template: {{spec: {{volumes: [{{name: v, $patch: delete}}, {{name: w, emptyDir: {{}}}}], containers: [{{name: c, ports: [{{containerPort: 80, name: p}}], env: [{{$patch: replace}}, {{name: N}}]}}]}}}}}}\n").into(),
        _ => "validators:\n- |-\n  apiVersion: builtin\n  kind: LabelTransformer\n  metadata: {name: v}\n  labels: {a: b}\n  fieldSpecs: [{path: spec/none/at/all}]\n".to_owned().into(),
    }
}

pub fn layers(dice: &mut Dice) -> Vec<Layer> {
    let mut layers = Vec::new();
    let shape = dice.roll(7);
    let mut add = |dice: &mut Dice,
                   folder,
                   children: &[&'static str],
                   components: &[&'static str],
                   is_component| {
        let mut chunks: BTreeMap<String, Chunk> = BTreeMap::new();
        for _ in 0..dice.roll(5) {
            let made = chunk(dice);
            let field = made.text.split(':').next().unwrap().to_owned();
            chunks.insert(field, made);
        }
        if matches!(folder, "left" | "right") && dice.roll(4) > 0 {
            let field = dice.pick(&["namePrefix", "nameSuffix", "namespace"]);
            chunks.insert(field.to_owned(), format!("{field}: {folder}\n").into());
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
        3 => {
            add(dice, "base", &[], &[], false);
            add(dice, "mid", &["base"], &[], false);
            add(dice, "top", &["mid"], &[], false);
            add(dice, "side", &[], &[], false);
            add(dice, "over", &["top", "side"], &[], false);
        }
        4 => {
            add(dice, "base", &[], &[], false);
            add(dice, "part", &[], &[], true);
            add(dice, "left", &["base"], &["part"], false);
            add(dice, "right", &["base"], &["part"], false);
            add(dice, "over", &["left", "right"], &[], false);
        }
        5 => {
            add(dice, "base", &[], &[], false);
            add(dice, "inner", &[], &[], true);
            add(dice, "part", &["base"], &["inner"], true);
            add(dice, "side", &[], &[], false);
            add(dice, "over", &["side"], &["part", "inner"], false);
        }
        _ => {
            add(dice, "base", &[], &[], false);
            add(dice, "part", &[], &[], true);
            add(dice, "mid", &["base"], &["part"], false);
            add(dice, "over", &["mid"], &[], false);
        }
    }
    // One generator that the layers above add to.
    if layers.len() > 1 && dice.roll(3) == 0 {
        for (at, layer) in layers.iter_mut().enumerate() {
            let behavior = if at == 0 {
                "create"
            } else {
                dice.pick(&["merge", "merge", "replace"])
            };
            if at > 0 && dice.roll(2) == 0 {
                continue;
            }
            layer
                .chunks
                .retain(|chunk| !chunk.text.starts_with("configMapGenerator:"));
            let text = format!(
                "configMapGenerator:\n- name: shared\n  behavior: {behavior}\n  literals: [\"k{}=v{at}\", same={at}]\n",
                dice.roll(3)
            );
            layer.chunks.push(text.into());
        }
    }
    layers
}

pub fn files(layers: &[Layer]) -> BTreeMap<String, String> {
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
        for chunk in &layer.chunks {
            text.push_str(&chunk.text);
            for (name, content) in &chunk.files {
                files.insert(format!("{}/{name}", layer.folder), content.clone());
            }
        }
        files.insert(format!("{}/kustomization.yaml", layer.folder), text);
    }
    files
}
