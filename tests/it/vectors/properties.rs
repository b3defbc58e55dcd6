//! What holds for any input: what is sealed opens again, elsewhere it does not, and nothing panics.

use proptest::{collection::vec, prelude::*};
use serde_json::json;
use waxwing::{
    api::{
        base64,
        certificate::{self, CertificateError},
        sealed_secret::{SealedSecret, layout},
        secret::{Notation, Secret},
    },
    seal::{
        Certificate, DeprecatedData, Scope, SealOptions, SealingKey, check, seal, unseal_items,
    },
    template,
};

use super::kubeseal::{ring_of, vector};

fn scope() -> impl Strategy<Value = Scope> {
    prop_oneof![
        Just(Scope::Strict),
        Just(Scope::NamespaceWide),
        Just(Scope::ClusterWide)
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_sealed_opens_here_and_not_elsewhere(
        value in vec(any::<u8>(), 0..2000), item in ".{1,20}", name in ".{1,20}", namespace in ".{1,20}",
        scope in scope(),
    ) {
        let certificate = Certificate::from_pem(&vector("keys/small.crt")).unwrap();
        let secret = Secret::from_value(
            json!({"metadata": {"name": name, "namespace": namespace},
                "data": {&item: base64::encode(&value)}}),
            Notation::Json,
        ).unwrap();
        let sealed = seal(&secret, &certificate, SealOptions { scope, allow_empty: false }).unwrap();
        let ring = ring_of("small");
        // Through its text, as a file would carry it.
        let read = SealedSecret::from_value(sealed.to_value()).unwrap();
        let items = unseal_items(&read, &ring).unwrap();
        prop_assert_eq!(items[&item].expose(), &value);
        let mut elsewhere = read.clone();
        elsewhere.metadata.set_text("namespace", &format!("{namespace}x"));
        let opens = check(&elsewhere, &ring, DeprecatedData::Refuse).is_ok();
        prop_assert_eq!(opens, scope == Scope::ClusterWide);
        let mut renamed = read;
        renamed.metadata.set_text("name", &format!("{name}x"));
        let opens = check(&renamed, &ring, DeprecatedData::Refuse).is_ok();
        prop_assert_eq!(opens, scope != Scope::Strict);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn parsers_of_what_strangers_write_never_panic(bytes in vec(any::<u8>(), 0..300), text in "\\PC{0,80}") {
        let _ = layout::split(&bytes);
        let _ = base64::decode(&text);
        let _ = certificate::read(&bytes);
        let _ = SealingKey::from_pem(&bytes);
        let _ = template::render("t", &text, &Default::default(), &Default::default());
        for label in ["CERTIFICATE", "RSA PRIVATE KEY", "PRIVATE KEY"] {
            let body = base64::encode(&bytes);
            let pem = format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n");
            prop_assert!(certificate::read(pem.as_bytes()).is_err());
            prop_assert!(SealingKey::from_pem(pem.as_bytes()).is_err());
        }
    }
}

/// A certificate for an RSA key of 1024 bits.
const SHORT: &str = "-----BEGIN CERTIFICATE-----
MIIB3DCCAUWgAwIBAgIULQSy126hBkL3AD4bfJd+23/hcg8wDQYJKoZIhvcNAQEL
BQAwADAeFw0yNjExMjQyMTMwMDRaFw0zNjExMjEyMTMwMDRaMAAwgZ8wDQYJKoZI
hvcNAQEBBQADgY0AMIGJAoGBAMQr6pfWUTXekPqt1F2emOZzglMaeVL538yWOEdK
Unc4daVMSYFEo9oOX93uLyiMrISvgQNYSFh43NNXfiU9KCs2v9i4+9Gl5Sush1jB
Q+GHkSi058p9aOUQZg9ClmUOGGlRy63lpvHn5B2dBswQemMUyeQrx3W64zh7Xkkr
N2pjAgMBAAGjUzBRMB0GA1UdDgQWBBSriAs8EC7dijC4sHje73J3nRkeOzAfBgNV
HSMEGDAWgBSriAs8EC7dijC4sHje73J3nRkeOzAPBgNVHRMBAf8EBTADAQH/MA0G
CSqGSIb3DQEBCwUAA4GBAEFKymB0PP7yo0wZx2EdftKbVWCSJCQ1PfUd3a1NOmDu
IPr3VkWx/Udw9O1k8+bCAYJM+sAmdWYiPKtArIBIY1J0Qu3GKAn6YEu0N+Lpt9Zd
J/ZR40VRc4Tsl5Rl565d8Yi6RvGvwJJb+LDwDelk2nFawrOGB2njJbT/QdOB5VHT
-----END CERTIFICATE-----
";

#[test]
fn a_certificate_for_a_short_key_is_refused() {
    let error = Certificate::from_pem(SHORT.as_bytes()).unwrap_err();
    assert_eq!(error, CertificateError::TooShort(1024));
    assert_eq!(certificate::read(SHORT.as_bytes()).unwrap().bits, 1024);
}
