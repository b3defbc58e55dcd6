//! What the embedded server says of itself and how it shows objects, judged by recorded facts.

mod crd;
mod discovery;
mod openapi;
mod table;
