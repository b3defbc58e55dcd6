//! The rules, a file each; one more is a file and its lines here.

mod binary;
mod c201;
mod c202;
mod c203;
mod c204;
mod c205;
mod c206;
mod c207;
mod c208;
mod c209;
mod dangling;
mod k501;
mod k502;
mod k503;
mod k504;
mod k505;
pub mod o601;
mod o602;
mod p101;
mod p102;
mod p103;
mod p104;
mod p105;
pub mod p106;
mod p107;
mod p108;
mod p109;
mod p110;
mod p111;
mod p112;
mod p113;
mod p114;
mod p115;
mod plain;
mod r401;
mod r402;
mod r403;
mod r404;
mod r405;
mod r406;
mod r407;
mod s301;
mod s302;
mod s303;
mod s304;
mod s305;
mod s306;
mod s307;
mod s308;
mod s309;
mod s310;
mod sealed_items;
mod sealing_certificate;

pub use binary::binary;
pub use p107::AWS_FOLDER;
pub use plain::is_plain;

use super::rule::Rule;

/// All rules, by id.
pub static ALL: &[&Rule] = &[
    &p101::RULE,
    &p102::RULE,
    &p103::RULE,
    &p104::RULE,
    &p105::RULE,
    &p106::RULE,
    &p107::RULE,
    &p108::RULE,
    &p109::RULE,
    &p110::RULE,
    &p111::RULE,
    &p112::RULE,
    &p113::RULE,
    &p114::RULE,
    &p115::RULE,
    &c201::RULE,
    &c202::RULE,
    &c203::RULE,
    &c204::RULE,
    &c205::RULE,
    &c206::RULE,
    &c207::RULE,
    &c208::RULE,
    &c209::RULE,
    &s301::RULE,
    &s302::RULE,
    &s303::RULE,
    &s304::RULE,
    &s305::RULE,
    &s306::RULE,
    &s307::RULE,
    &s308::RULE,
    &s309::RULE,
    &s310::RULE,
    &r401::RULE,
    &r402::RULE,
    &r403::RULE,
    &r404::RULE,
    &r405::RULE,
    &r406::RULE,
    &r407::RULE,
    &k501::RULE,
    &k502::RULE,
    &k503::RULE,
    &k504::RULE,
    &k505::RULE,
    &o601::RULE,
    &o602::RULE,
];

/// The rule of an id.
pub fn find(id: &str) -> Option<&'static Rule> {
    ALL.iter().copied().find(|rule| rule.id == id)
}
