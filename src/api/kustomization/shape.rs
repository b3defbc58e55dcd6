//! The fields of a kustomization file and their types, for strict reading.

/// The type of a field.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// `string`
    Text,
    /// `bool`
    Bool,
    /// `int` or `int64`
    Whole,
    /// `map[string]string`
    Texts,
    /// `map[string]interface {}`
    Map,
    /// `[]string`
    List,
    /// A map with known fields.
    Struct(&'static Struct),
    /// A list of maps with known fields.
    Structs(&'static Struct),
}

/// A map with known fields.
#[derive(Debug)]
pub struct Struct {
    /// Its name in kustomize, which error messages show.
    pub name: &'static str,
    /// Its fields.
    pub fields: &'static [(&'static str, Shape)],
}

use Shape::{Bool, List, Map, Struct as One, Structs as Many, Text, Texts, Whole};

/// The whole file.
pub const KUSTOMIZATION: Struct = Struct {
    name: "Kustomization",
    fields: &[
        ("apiVersion", Text),
        ("kind", Text),
        ("metadata", One(&METADATA)),
        ("openapi", Texts),
        ("namePrefix", Text),
        ("nameSuffix", Text),
        ("namespace", Text),
        ("commonLabels", Texts),
        ("labels", Many(&LABEL)),
        ("commonAnnotations", Texts),
        ("patchesStrategicMerge", List),
        ("patchesJson6902", Many(&PATCH)),
        ("patches", Many(&PATCH)),
        ("images", Many(&IMAGE)),
        ("imageTags", Many(&IMAGE)),
        ("replacements", Many(&REPLACEMENT)),
        ("replicas", Many(&REPLICA)),
        ("vars", Many(&VARIABLE)),
        ("sortOptions", One(&SORT_OPTIONS)),
        ("resources", List),
        ("components", List),
        ("crds", List),
        ("bases", List),
        ("configMapGenerator", Many(&CONFIG_MAP)),
        ("secretGenerator", Many(&SECRET)),
        ("helmGlobals", One(&HELM_GLOBALS)),
        ("helmCharts", Many(&HELM_CHART)),
        ("helmChartInflationGenerator", Many(&HELM_CHART_ARGS)),
        ("generatorOptions", One(&GENERATOR_OPTIONS)),
        ("configurations", List),
        ("generators", List),
        ("transformers", List),
        ("validators", List),
        ("buildMetadata", List),
    ],
};

const METADATA: Struct = Struct {
    name: "ObjectMeta",
    fields: &[
        ("name", Text),
        ("namespace", Text),
        ("labels", Texts),
        ("annotations", Texts),
    ],
};

const LABEL: Struct = Struct {
    name: "Label",
    fields: &[
        ("pairs", Texts),
        ("includeSelectors", Bool),
        ("includeTemplates", Bool),
        ("fields", Many(&FIELD_SPEC)),
    ],
};

const FIELD_SPEC: Struct = Struct {
    name: "FieldSpec",
    fields: &[
        ("group", Text),
        ("version", Text),
        ("kind", Text),
        ("path", Text),
        ("create", Bool),
    ],
};

const PATCH: Struct = Struct {
    name: "Patch",
    fields: &[
        ("path", Text),
        ("patch", Text),
        ("target", One(&SELECTOR)),
        ("options", One(&PATCH_OPTIONS)),
    ],
};

const PATCH_OPTIONS: Struct = Struct {
    name: "PatchArgs",
    fields: &[("allowNameChange", Bool), ("allowKindChange", Bool)],
};

const SELECTOR: Struct = Struct {
    name: "Selector",
    fields: &[
        ("group", Text),
        ("version", Text),
        ("kind", Text),
        ("name", Text),
        ("namespace", Text),
        ("annotationSelector", Text),
        ("labelSelector", Text),
    ],
};

const IMAGE: Struct = Struct {
    name: "Image",
    fields: &[
        ("name", Text),
        ("newName", Text),
        ("tagSuffix", Text),
        ("newTag", Text),
        ("digest", Text),
    ],
};

/// An entry of `replacements`.
pub const REPLACEMENT: Struct = Struct {
    name: "ReplacementField",
    fields: &[
        ("path", Text),
        ("source", One(&SOURCE)),
        ("targets", Many(&TARGET)),
        ("sourceValue", Text),
    ],
};

const SOURCE: Struct = Struct {
    name: "SourceSelector",
    fields: &[
        ("group", Text),
        ("version", Text),
        ("kind", Text),
        ("name", Text),
        ("namespace", Text),
        ("fieldPath", Text),
        ("options", One(&FIELD_OPTIONS)),
    ],
};

const TARGET: Struct = Struct {
    name: "TargetSelector",
    fields: &[
        ("select", One(&SELECTOR)),
        ("reject", Many(&SELECTOR)),
        ("fieldPaths", List),
        ("options", One(&FIELD_OPTIONS)),
    ],
};

const FIELD_OPTIONS: Struct = Struct {
    name: "FieldOptions",
    fields: &[
        ("delimiter", Text),
        ("index", Whole),
        ("encoding", Text),
        ("create", Bool),
    ],
};

const REPLICA: Struct = Struct {
    name: "Replica",
    fields: &[("name", Text), ("count", Whole)],
};

const VARIABLE: Struct = Struct {
    name: "Var",
    fields: &[
        ("name", Text),
        ("objref", One(&OBJECT_REFERENCE)),
        ("fieldref", One(&FIELD_REFERENCE)),
    ],
};

const OBJECT_REFERENCE: Struct = Struct {
    name: "Target",
    fields: &[
        ("apiVersion", Text),
        ("group", Text),
        ("version", Text),
        ("kind", Text),
        ("name", Text),
        ("namespace", Text),
    ],
};

const FIELD_REFERENCE: Struct = Struct {
    name: "FieldSelector",
    fields: &[("fieldPath", Text)],
};

const SORT_OPTIONS: Struct = Struct {
    name: "SortOptions",
    fields: &[("order", Text), ("legacySortOptions", One(&LEGACY_SORT))],
};

const LEGACY_SORT: Struct = Struct {
    name: "LegacySortOptions",
    fields: &[("orderFirst", List), ("orderLast", List)],
};

const CONFIG_MAP: Struct = Struct {
    name: "ConfigMapArgs",
    fields: &[
        ("namespace", Text),
        ("name", Text),
        ("behavior", Text),
        ("literals", List),
        ("files", List),
        ("envs", List),
        ("env", Text),
        ("options", One(&GENERATOR_OPTIONS)),
    ],
};

const SECRET: Struct = Struct {
    name: "SecretArgs",
    fields: &[
        ("namespace", Text),
        ("name", Text),
        ("behavior", Text),
        ("literals", List),
        ("files", List),
        ("envs", List),
        ("env", Text),
        ("options", One(&GENERATOR_OPTIONS)),
        ("type", Text),
    ],
};

const GENERATOR_OPTIONS: Struct = Struct {
    name: "GeneratorOptions",
    fields: &[
        ("labels", Texts),
        ("annotations", Texts),
        ("disableNameSuffixHash", Bool),
        ("immutable", Bool),
    ],
};

const HELM_GLOBALS: Struct = Struct {
    name: "HelmGlobals",
    fields: &[("chartHome", Text), ("configHome", Text)],
};

const HELM_CHART: Struct = Struct {
    name: "HelmChart",
    fields: &[
        ("name", Text),
        ("version", Text),
        ("repo", Text),
        ("releaseName", Text),
        ("namespace", Text),
        ("additionalValuesFiles", List),
        ("valuesFile", Text),
        ("valuesInline", Map),
        ("valuesMerge", Text),
        ("includeCRDs", Bool),
        ("skipHooks", Bool),
        ("apiVersions", List),
        ("kubeVersion", Text),
        ("nameTemplate", Text),
        ("skipTests", Bool),
        ("debug", Bool),
        ("devel", Bool),
    ],
};

const HELM_CHART_ARGS: Struct = Struct {
    name: "HelmChartArgs",
    fields: &[
        ("chartName", Text),
        ("chartVersion", Text),
        ("chartRepoUrl", Text),
        ("chartHome", Text),
        ("chartRepoName", Text),
        ("helmBin", Text),
        ("helmHome", Text),
        ("values", Text),
        ("valuesLocal", Map),
        ("valuesMerge", Text),
        ("releaseName", Text),
        ("releaseNamespace", Text),
        ("extraArgs", List),
    ],
};

impl Shape {
    /// The type as Go prints it.
    pub fn go_name(self) -> String {
        match self {
            Text => "string".to_owned(),
            Bool => "bool".to_owned(),
            Whole => "int64".to_owned(),
            Texts => "map[string]string".to_owned(),
            Map => "map[string]interface {}".to_owned(),
            List => "[]string".to_owned(),
            One(one) => format!("types.{}", one.name),
            Many(one) => format!("[]types.{}", one.name),
        }
    }
}
