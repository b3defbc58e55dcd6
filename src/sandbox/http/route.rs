//! What a path names.

/// A path of the API (`k8s.io/apiserver/pkg/endpoints/request/requestinfo.go`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResourcePath {
    /// API group, empty for the core API.
    pub group: String,
    /// API version.
    pub version: String,
    /// Namespace, empty for all and for kinds of the whole cluster.
    pub namespace: String,
    /// Name of the resource.
    pub plural: String,
    /// Name of the object, empty for the collection.
    pub name: String,
    /// Subresource, empty for the object itself.
    pub subresource: String,
    /// What follows the subresource, without a leading slash.
    pub rest: String,
}

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// Objects.
    Resource(ResourcePath),
    /// `/api`.
    CoreVersions,
    /// `/apis`.
    Groups,
    /// `/apis/GROUP`.
    Group(String),
    /// `/api/v1`, `/apis/GROUP/VERSION`.
    GroupVersion(String, String),
    /// Anything else, by its segments.
    Other(Vec<String>),
}

/// Reads a path. Segments are percent-decoded; what is not UTF-8 is not found.
pub fn route(path: &str) -> Option<Route> {
    let raw: Vec<&str> = path
        .trim_start_matches('/')
        .split('/')
        .filter(|segment| !segment.is_empty())
        .collect();
    let segments: Vec<String> = raw
        .iter()
        .map(|segment| decode(segment))
        .collect::<Option<_>>()?;
    let words: Vec<&str> = segments.iter().map(String::as_str).collect();
    Some(match words.as_slice() {
        ["api"] => Route::CoreVersions,
        ["apis"] => Route::Groups,
        ["apis", group] => Route::Group((*group).to_owned()),
        ["api", version] => Route::GroupVersion(String::new(), (*version).to_owned()),
        ["apis", group, version] => Route::GroupVersion((*group).to_owned(), (*version).to_owned()),
        ["api", version, rest @ ..] => Route::Resource(resource("", version, rest, path)),
        ["apis", group, version, rest @ ..] => {
            Route::Resource(resource(group, version, rest, path))
        }
        _ => Route::Other(segments),
    })
}

fn resource(group: &str, version: &str, words: &[&str], path: &str) -> ResourcePath {
    let mut found = ResourcePath {
        group: group.to_owned(),
        version: version.to_owned(),
        ..ResourcePath::default()
    };
    let words = match words {
        // Subresources of a namespace look like resources in it.
        ["namespaces", _] | ["namespaces", _, "status" | "finalize"] => words,
        ["namespaces", namespace, rest @ ..] => {
            found.namespace = (*namespace).to_owned();
            rest
        }
        _ => words,
    };
    let mut words = words.iter().map(|word| (*word).to_owned());
    found.plural = words.next().unwrap_or_default();
    found.name = words.next().unwrap_or_default();
    found.subresource = words.next().unwrap_or_default();
    if !found.subresource.is_empty() {
        found.rest = raw_rest(path, &found);
    }
    found
}

/// The path behind the subresource as it was sent, for those who read it themselves.
fn raw_rest(path: &str, found: &ResourcePath) -> String {
    let before = if found.group.is_empty() { 2 } else { 3 };
    let namespaced = if found.namespace.is_empty() { 0 } else { 2 };
    let mut left = path.trim_start_matches('/');
    for _ in 0..before + namespaced + 3 {
        left = match left.split_once('/') {
            Some((_, rest)) => rest.trim_start_matches('/'),
            None => "",
        };
    }
    left.to_owned()
}

/// Percent-decodes a piece of a path.
pub fn decode(text: &str) -> Option<String> {
    if !text.contains('%') {
        return Some(text.to_owned());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut left = text.as_bytes();
    loop {
        match left {
            [] => break,
            [b'%', high, low, rest @ ..] => {
                let digit = |byte: u8| char::from(byte).to_digit(16);
                let value = digit(*high)? * 16 + digit(*low)?;
                bytes.push(u8::try_from(value).ok()?);
                left = rest;
            }
            [b'%', ..] => return None,
            [byte, rest @ ..] => {
                bytes.push(*byte);
                left = rest;
            }
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> [String; 6] {
        match route(text) {
            Some(Route::Resource(found)) => [
                found.group,
                found.namespace,
                found.plural,
                found.name,
                found.subresource,
                found.rest,
            ],
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn paths_name_resources() {
        let cases = [
            ("/api/v1/namespaces", ["", "", "namespaces", "", "", ""]),
            ("/api/v1/namespaces/a", ["", "", "namespaces", "a", "", ""]),
            (
                "/api/v1/namespaces/a/finalize",
                ["", "", "namespaces", "a", "finalize", ""],
            ),
            (
                "/api/v1/namespaces/a/status",
                ["", "", "namespaces", "a", "status", ""],
            ),
            ("/api/v1/namespaces/a/pods", ["", "a", "pods", "", "", ""]),
            ("/api/v1/pods", ["", "", "pods", "", "", ""]),
            (
                "/apis/apps/v1/namespaces/a/deployments/w/scale",
                ["apps", "a", "deployments", "w", "scale", ""],
            ),
            (
                "/api/v1/namespaces/a/services/http:s:8080/proxy/v1/a%2Fb",
                ["", "a", "services", "http:s:8080", "proxy", "v1/a%2Fb"],
            ),
            (
                "/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Aa",
                [
                    "rbac.authorization.k8s.io",
                    "",
                    "clusterroles",
                    "system:a",
                    "",
                    "",
                ],
            ),
        ];
        for (text, parts) in cases {
            assert_eq!(path(text), parts.map(str::to_owned), "{text}");
        }
        assert_eq!(route("/api/v1/pods/%ff"), None);
        assert_eq!(
            route("/apis/apps/v1/"),
            Some(Route::GroupVersion("apps".into(), "v1".into()))
        );
    }
}
