//! Sample secrets for the tables of rules, put together here so that no file of ours holds one.

use crate::api::{
    base64,
    certificate::CertificateFacts,
    sealed_secret::{KEY_LABEL, layout::TAG_BYTES},
};

/// A source of noise that is always the same.
pub struct Noise(u64);

impl Noise {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn draw(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| (self.draw() >> 40) as u8).collect()
    }

    pub fn letters(&mut self, length: usize, alphabet: &str) -> String {
        let letters: Vec<char> = alphabet.chars().collect();
        (0..length)
            .map(|_| letters[(self.draw() >> 33) as usize % letters.len()])
            .collect()
    }
}

const ALL: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// A sealed value: bytes of the RSA block, of the plain value, and a seed.
pub fn sealed(rsa: usize, plain: usize, seed: u64) -> Vec<u8> {
    let mut bytes = u16::try_from(rsa).unwrap().to_be_bytes().to_vec();
    bytes.extend(Noise::new(seed + 77).bytes(rsa + plain + TAG_BYTES));
    bytes
}

fn token(name: &str) -> String {
    let mut noise = Noise::new(name.len() as u64 + 5);
    let mut all = |length| noise.letters(length, ALL);
    match name {
        "github" => format!("ghp{}{}", '_', all(36)),
        "gitlab" => format!("glpat{}{}", '-', all(20)),
        "aws" => format!(
            "AK{}{}",
            "IA",
            Noise::new(3).letters(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        ),
        "slack" => format!("xox{}-{}-{}", 'b', all(12), all(24)),
        "google" => format!("AI{}{}", "za", all(35)),
        "stripe" => format!("sk{}{}", "_live_", all(30)),
        "npm" => format!("npm{}{}", '_', all(36)),
        "vault" => format!("hvs{}{}", '.', all(30)),
        "docker" => format!("dckr{}{}", "_pat_", all(27)),
        "sendgrid" => format!("SG{}{}.{}", '.', all(22), all(43)),
        "jwt" => format!("eyJ{}.eyJ{}.{}", all(20), all(40), all(43)),
        "age" => format!(
            "AGE-SECRET{}{}",
            "-KEY-1",
            Noise::new(8).letters(58, "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L")
        ),
        other => panic!("{other}"),
    }
}

fn pem(label: &str) -> String {
    let body = base64::encode(&Noise::new(label.len() as u64).bytes(300));
    let lines: Vec<String> = body
        .as_bytes()
        .chunks(64)
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
}

const CERTIFICATE: &str = include_str!("../../../tests/vectors/kubeseal/keys/primary.crt");
const KEY: &str = include_str!("../../../tests/vectors/kubeseal/keys/primary.pkcs1.key");
const OTHER_KEY: &str = include_str!("../../../tests/vectors/kubeseal/keys/previous.key");

fn vector(name: &str) -> &'static str {
    match name {
        "1024" => include_str!("../../../tests/vectors/lint/1024.pem"),
        "2048" => include_str!("../../../tests/vectors/lint/2048.pem"),
        "3072" => include_str!("../../../tests/vectors/lint/3072.pem"),
        "4096" => include_str!("../../../tests/vectors/lint/4096.pem"),
        "2048sha1" => include_str!("../../../tests/vectors/lint/2048-sha1.pem"),
        "4096sha1" => include_str!("../../../tests/vectors/lint/4096-sha1.pem"),
        "past" => include_str!("../../../tests/vectors/lint/past.pem"),
        "soon" => include_str!("../../../tests/vectors/lint/soon.pem"),
        "future" => include_str!("../../../tests/vectors/lint/future.pem"),
        other => panic!("{other}"),
    }
}

fn facts(name: &str) -> CertificateFacts {
    crate::api::certificate::read(vector(name).as_bytes()).unwrap()
}

/// A sealed value whose RSA block is surely above or below all moduli of its length.
fn beside(rsa: usize, first: u8, seed: u64) -> Vec<u8> {
    let mut bytes = sealed(rsa, 9, seed);
    bytes[2] = first;
    bytes
}

fn odd(what: &str) -> Vec<u8> {
    let rsa = if what.ends_with("256") { 256 } else { 512 };
    let mut bytes = sealed(rsa, 20, 4);
    match what.trim_end_matches("256") {
        "zero" => bytes[30..60].fill(0),
        "text" => bytes[20..58].copy_from_slice(b"typed in by hand, which nobody encrypt"),
        "repeat" => {
            let part = bytes[10..40].to_vec();
            bytes[100..130].copy_from_slice(&part);
        }
        other => panic!("{other}"),
    }
    bytes
}

/// Puts samples in the place of their names between percent signs.
pub fn expand(text: &str) -> String {
    let mut expanded = String::new();
    let mut rest = text;
    let mut count = 100;
    while let Some((before, behind)) = rest.split_once('%') {
        expanded.push_str(before);
        let Some((name, next)) = behind.split_once('%') else {
            expanded.push('%');
            rest = behind;
            continue;
        };
        count += 1;
        match sample(name, count) {
            Some(text) => {
                expanded.push_str(&text);
                rest = next;
            }
            None => {
                expanded.push('%');
                rest = behind;
            }
        }
    }
    expanded.push_str(rest);
    expanded
}

fn sample(name: &str, count: u64) -> Option<String> {
    let (word, argument) = name.split_once(':').unwrap_or((name, ""));
    let numbers: Vec<usize> = argument
        .split(':')
        .filter_map(|part| part.parse().ok())
        .collect();
    let number = |at: usize| numbers.get(at).copied().unwrap_or(0);
    let escaped = |text: &str| text.replace('\n', "\\n");
    Some(match word {
        "S" => "apiVersion: v1, kind: Secret".to_owned(),
        "CM" => "apiVersion: v1, kind: ConfigMap".to_owned(),
        "POD" => "apiVersion: v1, kind: Pod".to_owned(),
        "D" => "apiVersion: apps/v1, kind: Deployment".to_owned(),
        "SS" => "apiVersion: bitnami.com/v1alpha1, kind: SealedSecret".to_owned(),
        "RSA" => "RSA".to_owned(),
        "PK" => "PRIVATE KEY".to_owned(),
        "ppk" => "Key-File-3".to_owned(),
        "fl" => "--from-literal".to_owned(),
        "dp" => "--docker-password".to_owned(),
        "raw" => "--raw".to_owned(),
        "ignore" => "waxwing:ignore".to_owned(),
        "kubectl" => "kubectl.kubernetes.io/last-applied-configuration".to_owned(),
        "kubecfg" => "kubecfg.ksonnet.io/last-applied-configuration".to_owned(),
        "sb" => KEY_LABEL.split('/').next().unwrap().to_owned(),
        "ns" => crate::api::sealed_secret::NAMESPACE_WIDE.to_owned(),
        "cluster" => crate::api::sealed_secret::CLUSTER_WIDE.to_owned(),
        "sealed" if argument.is_empty() => base64::encode(&sealed(512, 12, count)),
        "sealed" => base64::encode(&sealed(number(0), number(1), number(2) as u64)),
        "cut" => base64::encode(&sealed(number(0), number(1), 3)[..number(2)]),
        "above" => base64::encode(&beside(number(0), 0xff, count)),
        "below" => base64::encode(&beside(number(0), 0x01, count)),
        "odd" => base64::encode(&odd(argument)),
        "b64" => base64::encode(argument.as_bytes()),
        "b64pem" => base64::encode(pem(argument).as_bytes()),
        "b64cert" => base64::encode(CERTIFICATE.as_bytes()),
        "pem" => escaped(&pem(argument)),
        "PEM" => pem(argument),
        "cert" => escaped(CERTIFICATE),
        "CERT" if argument.is_empty() => CERTIFICATE.to_owned(),
        "CERT" => vector(argument).to_owned(),
        "KEY" => KEY.to_owned(),
        "KEY2" => OTHER_KEY.to_owned(),
        "fingerprint" => facts(argument).fingerprint.to_string(),
        "token" => token(argument),
        "url" => format!("{argument}://app:{}{}db.example.com", "hunter2", '@'),
        _ => return None,
    })
}
