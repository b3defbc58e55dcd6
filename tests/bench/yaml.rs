//! Reading and writing YAML: a stream of 2,000 ConfigMaps, and the same as JSON.

use std::fmt::Write;

use divan::Bencher;
use serde_json::{Value, json};
use waxwing::object::yaml::{ReadOptions, read, write};

const COUNT: usize = 2000;

fn config_maps() -> Vec<Value> {
    (0..COUNT)
        .map(|number| {
            json!({
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {
                    "name": format!("config-{number}"),
                    "namespace": "default",
                    "labels": {"app.kubernetes.io/name": "demo", "tier": "backend"},
                },
                "data": {
                    "enabled": "yes",
                    "port": "8080",
                    "settings.ini": "[main]\nlevel = info\nretries = 3\n",
                },
            })
        })
        .collect()
}

fn stream() -> String {
    let mut text = String::new();
    for value in config_maps() {
        let _ = write!(text, "---\n{}", write(&value));
    }
    text
}

#[divan::bench]
fn read_2000_config_maps(bencher: Bencher) {
    let text = stream();
    let options = ReadOptions::default();
    bencher.bench(|| read(text.as_bytes(), &options).map(|found| found.len()));
}

#[divan::bench]
fn read_2000_config_maps_with_positions(bencher: Bencher) {
    let text = stream();
    let options = ReadOptions {
        positions: true,
        ..ReadOptions::default()
    };
    bencher.bench(|| read(text.as_bytes(), &options).map(|found| found.len()));
}

#[divan::bench]
fn read_2000_config_maps_as_json(bencher: Bencher) {
    let text: String = config_maps().iter().map(Value::to_string).collect();
    let options = ReadOptions::default();
    bencher.bench(|| read(text.as_bytes(), &options).map(|found| found.len()));
}

#[divan::bench]
fn write_2000_config_maps(bencher: Bencher) {
    let values = config_maps();
    bencher.bench(|| values.iter().map(|value| write(value).len()).sum::<usize>());
}
