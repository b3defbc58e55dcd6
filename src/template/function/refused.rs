//! What is never run: chance, new keys, and the slow derivation of passwords.

use super::signature::{
    Function,
    Parameter::{self, Any, Int, List, Text, Uint32},
};

const fn refused(name: &'static str, fixed: &'static [Parameter]) -> Function {
    Function::refused(name, fixed)
}

pub const FUNCTIONS: &[Function] = &[
    refused("bcrypt", &[Text]),
    refused("buildCustomCert", &[Text, Text]),
    refused("derivePassword", &[Uint32, Text, Text, Text, Text]),
    refused("encryptAES", &[Text, Text]),
    refused("genCA", &[Text, Int]),
    refused("genCAWithKey", &[Text, Int, Text]),
    refused("genPrivateKey", &[Text]),
    refused("genSelfSignedCert", &[Text, List, List, Int]),
    refused("genSelfSignedCertWithKey", &[Text, List, List, Int, Text]),
    refused("genSignedCert", &[Text, List, List, Int, Any]),
    refused("genSignedCertWithKey", &[Text, List, List, Int, Any, Text]),
    refused("htpasswd", &[Text, Text]),
    refused("randAlpha", &[Int]),
    refused("randAlphaNum", &[Int]),
    refused("randAscii", &[Int]),
    refused("randBytes", &[Int]),
    refused("randInt", &[Int, Int]),
    refused("randNumeric", &[Int]),
    refused("shuffle", &[Text]),
    refused("uuidv4", &[]),
];
