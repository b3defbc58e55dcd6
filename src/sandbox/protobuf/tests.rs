//! The decoder on small bodies, and on bodies that nobody would send.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::object::Gvk;

/// Puts a field with a length.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![number << 3 | 2];
    let mut length = content.len();
    while length >= 0x80 {
        bytes.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    bytes.push(length as u8);
    bytes.extend_from_slice(content);
    bytes
}

fn envelope(api_version: &str, kind: &str, raw: &[u8]) -> Vec<u8> {
    let named = [field(1, api_version.as_bytes()), field(2, kind.as_bytes())].concat();
    [b"k8s\0".to_vec(), field(1, &named), field(2, raw)].concat()
}

fn decode(body: &[u8], default: &Gvk) -> Result<serde_json::Value, ProtobufError> {
    open(body, default)?.value()
}

fn config_map() -> Gvk {
    Gvk::new("", "v1", "ConfigMap")
}

fn read(raw: &[u8]) -> Result<serde_json::Value, ProtobufError> {
    decode(&envelope("v1", "ConfigMap", raw), &config_map())
}

#[test]
fn an_object_is_read() {
    let entry = [field(1, b"a"), field(2, b"1")].concat();
    let raw = [field(1, &field(1, b"settings")), field(2, &entry)].concat();
    let expected = json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "settings"}, "data": {"a": "1"}});
    assert_eq!(read(&raw), Ok(expected.clone()));
    // What the envelope leaves out is taken from the path.
    let body = [b"k8s\0".to_vec(), field(2, &raw)].concat();
    let opened = open(&body, &config_map()).unwrap();
    assert_eq!(opened.gvk, config_map());
    assert_eq!(opened.value(), Ok(expected));
}

#[test]
fn a_message_that_comes_twice_is_merged() {
    let raw = [
        field(1, &field(1, b"settings")),
        field(1, &field(3, b"default")),
    ]
    .concat();
    assert_eq!(
        read(&raw).unwrap()["metadata"],
        json!({"name": "settings", "namespace": "default"})
    );
}

#[test]
fn unknown_fields_are_passed_over() {
    let raw = [field(15, b"news"), vec![0x70, 1], field(1, &[])].concat();
    assert_eq!(read(&raw).unwrap()["metadata"], json!({}));
}

#[test]
fn options_are_the_same_in_every_group() {
    let raw = [vec![0x08, 5], field(4, b"Foreground")].concat();
    let body = envelope("policy/v1", "DeleteOptions", &raw);
    assert_eq!(
        decode(&body, &config_map()).unwrap(),
        json!({"apiVersion": "policy/v1", "kind": "DeleteOptions",
            "gracePeriodSeconds": 5, "propagationPolicy": "Foreground"})
    );
}

#[test]
fn what_is_broken_is_told() {
    let gvk = config_map();
    for (body, error) in [
        (Vec::new(), ProtobufError::Empty),
        (b"k8s\0".to_vec(), ProtobufError::EmptyBody),
        (b"{}".to_vec(), ProtobufError::NoMagic),
        (b"k8s\0\x0a\x05".to_vec(), ProtobufError::Truncated),
        (
            envelope("v1", "ConfigMap", &[0x08, 1]),
            ProtobufError::WireType {
                wire: 0,
                field: "metadata",
            },
        ),
        (
            envelope("v1", "ConfigMap", &[0x0c]),
            ProtobufError::Group("ConfigMap"),
        ),
        (
            envelope("v1", "ConfigMap", &[0x02, 0]),
            ProtobufError::Tag {
                message: "ConfigMap",
                number: 0,
                wire: 2,
            },
        ),
        (
            envelope("example.com/v1", "Bird", &[]),
            ProtobufError::UnknownKind {
                api_version: "example.com/v1".into(),
                kind: "Bird".into(),
            },
        ),
    ] {
        assert_eq!(decode(&body, &gvk), Err(error), "{body:?}");
    }
}

#[test]
fn schemas_nest_only_so_far() {
    // `not` of JSONSchemaProps is field 26, a tag of two bytes.
    let nest = |depth: usize| {
        let mut schema = Vec::new();
        for _ in 0..depth {
            let inner = field(0, &schema);
            schema = [&[0xd2, 0x01], &inner[1..]].concat();
        }
        // CustomResourceDefinition.spec.versions[].schema.openAPIV3Schema
        let version = field(4, &field(1, &schema));
        let raw = field(2, &field(7, &version));
        decode(
            &envelope("apiextensions.k8s.io/v1", "CustomResourceDefinition", &raw),
            &config_map(),
        )
    };
    assert!(nest(super::message::MAX_DEPTH - 4).is_ok());
    assert_eq!(
        nest(super::message::MAX_DEPTH + 1),
        Err(ProtobufError::TooDeep)
    );
}

#[test]
fn messages_are_counted() {
    // An empty ownerReference is field 13 of the metadata.
    let metadata = |count: usize| field(1, &field(13, &[]).repeat(count));
    assert!(read(&metadata(1000)).is_ok());
    assert_eq!(
        read(&metadata(super::message::MAX_MESSAGES)),
        Err(ProtobufError::TooMany)
    );
}

#[test]
fn text_that_is_none_is_shown_as_go_shows_it() {
    let raw = field(1, &field(1, b"a\xe2\x82z\xff"));
    assert_eq!(
        read(&raw).unwrap()["metadata"]["name"],
        "a\u{fffd}\u{fffd}z\u{fffd}"
    );
}

proptest! {
    #[test]
    fn no_bytes_bring_it_down(raw in prop::collection::vec(any::<u8>(), 0..400)) {
        let gvk = Gvk::new("", "v1", "Pod");
        let _ = decode(&raw, &gvk);
        let _ = decode(&envelope("v1", "Pod", &raw), &gvk);
        let _ = decode(&[b"k8s\0".as_slice(), &raw].concat(), &gvk);
    }
}
