//! URLs, as Go's `net/url` takes them apart and puts them together.

use std::collections::BTreeMap;

use super::{
    super::value::{Map, Text as Bytes, Value},
    signature::{
        Called, Fault, Function,
        Parameter::{Dict, Text},
        bytes, dict,
    },
    strings::part,
};

pub const FUNCTIONS: &[Function] = &[
    Function::new("urlParse", &[Text], |call, values| {
        call.budget.take_bytes(bytes(values, 0).len())?;
        let url = parse(bytes(values, 0)).ok_or(Fault::Failed)?;
        let fields: [(&str, Vec<u8>); 8] = [
            ("hostname", hostname(&url.host)),
            ("scheme", url.scheme),
            ("host", url.host),
            ("path", url.path),
            ("query", url.query),
            ("opaque", url.opaque),
            ("fragment", url.fragment),
            (
                "userinfo",
                url.user.map(|user| shown_user(&user)).unwrap_or_default(),
            ),
        ];
        let entries: BTreeMap<Bytes, Value> = fields
            .into_iter()
            .map(|(name, text)| (Bytes::from(name), Value::text(text)))
            .collect();
        Ok(Value::map(entries))
    }),
    Function::new("urlJoin", &[Dict], |call, values| {
        let fields = dict(values, 0);
        let mut url = Url {
            scheme: field(fields, "scheme")?,
            host: field(fields, "host")?,
            path: field(fields, "path")?,
            query: field(fields, "query")?,
            opaque: field(fields, "opaque")?,
            fragment: field(fields, "fragment")?,
            user: None,
        };
        let user = field(fields, "userinfo")?;
        if !user.is_empty() {
            let text = [b"proto://", user.as_slice(), b"@host"].concat();
            url.user = parse(&text).ok_or(Fault::Failed)?.user;
        }
        call.text(shown(&url)) as Called
    }),
];

fn field(fields: Option<&Map>, name: &str) -> Result<Vec<u8>, Fault> {
    let Some(map) = fields else {
        return Ok(Vec::new());
    };
    match map.entries.borrow().get(name.as_bytes()) {
        None => Ok(Vec::new()),
        Some(Value::Text(text)) => Ok(text.bytes().to_vec()),
        Some(_) => Err(Fault::Failed),
    }
}

/// Name and, if there is one, password, both plain.
type User = (Vec<u8>, Option<Vec<u8>>);

#[derive(Default)]
struct Url {
    scheme: Vec<u8>,
    opaque: Vec<u8>,
    user: Option<User>,
    host: Vec<u8>,
    path: Vec<u8>,
    query: Vec<u8>,
    fragment: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Path,
    Host,
    User,
    Query,
    Fragment,
}

fn cut(text: &[u8], at: u8) -> (&[u8], Option<&[u8]>) {
    match text.iter().position(|byte| *byte == at) {
        Some(place) => (
            part(text, 0, place),
            Some(part(text, place + 1, text.len())),
        ),
        None => (text, None),
    }
}

fn parse(text: &[u8]) -> Option<Url> {
    if text.iter().any(|byte| *byte < b' ' || *byte == 0x7f) {
        return None;
    }
    let (text, fragment) = cut(text, b'#');
    let mut url = Url {
        fragment: unescaped(fragment.unwrap_or_default(), Place::Fragment)?,
        ..Url::default()
    };
    let (scheme, rest) = scheme(text)?;
    url.scheme = scheme.to_ascii_lowercase();
    let (rest, query) = cut(rest, b'?');
    url.query = query.unwrap_or_default().to_vec();
    if text == b"*" {
        url.path = b"*".to_vec();
        return Some(url);
    }
    let mut rest = rest;
    if !rest.starts_with(b"/") {
        if !url.scheme.is_empty() {
            url.opaque = rest.to_vec();
            return Some(url);
        }
        let (first, _) = cut(rest, b'/');
        if first.contains(&b':') {
            return None;
        }
    }
    let has_authority =
        rest.starts_with(b"//") && (!url.scheme.is_empty() || !rest.starts_with(b"///"));
    if has_authority {
        let after = part(rest, 2, rest.len());
        let end = after
            .iter()
            .position(|byte| *byte == b'/')
            .unwrap_or(after.len());
        authority(&mut url, part(after, 0, end))?;
        rest = part(after, end, after.len());
    }
    url.path = unescaped(rest, Place::Path)?;
    Some(url)
}

/// The scheme before the first colon, if what stands there can be one.
fn scheme(text: &[u8]) -> Option<(&[u8], &[u8])> {
    for (place, byte) in text.iter().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if place > 0 => {}
            b':' if place == 0 => return None,
            b':' => return Some((part(text, 0, place), part(text, place + 1, text.len()))),
            _ => break,
        }
    }
    Some((b"", text))
}

fn authority(url: &mut Url, text: &[u8]) -> Option<()> {
    let host = match text.iter().rposition(|byte| *byte == b'@') {
        None => text,
        Some(at) => {
            let info = part(text, 0, at);
            let is_good =
                |byte: &u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(byte);
            if !info.iter().all(is_good) {
                return None;
            }
            let (name, password) = cut(info, b':');
            let password = match password {
                Some(password) => Some(unescaped(password, Place::User)?),
                None => None,
            };
            url.user = Some((unescaped(name, Place::User)?, password));
            part(text, at + 1, text.len())
        }
    };
    if host.starts_with(b"[") {
        let end = host.iter().rposition(|byte| *byte == b']')?;
        is_port(part(host, end + 1, host.len())).then_some(())?;
        let address = std::str::from_utf8(part(host, 1, end)).ok()?;
        let (address, _) = address.split_once("%25").unwrap_or((address, ""));
        address.parse::<core::net::Ipv6Addr>().ok()?;
    } else if let Some(at) = host.iter().rposition(|byte| *byte == b':') {
        is_port(part(host, at, host.len())).then_some(())?;
        // More than one colon outside brackets is no host and port.
        (!part(host, 0, at).contains(&b':')).then_some(())?;
    }
    url.host = unescaped(host, Place::Host)?;
    Some(())
}

fn is_port(text: &[u8]) -> bool {
    match text.split_first() {
        None => true,
        Some((b':', digits)) => digits.iter().all(u8::is_ascii_digit),
        Some(_) => false,
    }
}

fn hostname(host: &[u8]) -> Vec<u8> {
    let colon = host.iter().rposition(|byte| *byte == b':');
    let host = match colon {
        Some(at) if is_port(part(host, at, host.len())) => part(host, 0, at),
        _ => host,
    };
    let inner = host
        .strip_prefix(b"[")
        .and_then(|host| host.strip_suffix(b"]"));
    inner.unwrap_or(host).to_vec()
}

fn unescaped(text: &[u8], place: Place) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte == b'%' {
            let digits = std::str::from_utf8(part(after, 0, 2)).ok()?;
            if digits.len() < 2 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return None;
            }
            let code = u8::from_str_radix(digits, 16).ok()?;
            if place == Place::Host && code < 0x80 && digits != "25" {
                return None;
            }
            out.push(code);
            rest = part(after, 2, after.len());
        } else {
            let is_odd = *byte < 0x80 && must_escape(*byte, Place::Host);
            if place == Place::Host && is_odd {
                return None;
            }
            out.push(*byte);
        }
    }
    Some(out)
}

fn must_escape(byte: u8, place: Place) -> bool {
    if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
        return false;
    }
    match place {
        Place::Host => !b"!$&'()*+,;=:[]<>\"".contains(&byte),
        Place::Path => !b"$&+,/:;=@".contains(&byte),
        Place::User => !b"$&+,;=".contains(&byte),
        Place::Query => true,
        Place::Fragment => !b"$&+,/:;=?@!()*".contains(&byte),
    }
}

fn escaped(text: &[u8], place: Place) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        match byte {
            b' ' if place == Place::Query => out.push(b'+'),
            byte if must_escape(*byte, place) => {
                out.extend_from_slice(format!("%{byte:02X}").as_bytes())
            }
            byte => out.push(*byte),
        }
    }
    out
}

/// `url.QueryEscape`.
pub fn query_escape(text: &[u8]) -> Vec<u8> {
    escaped(text, Place::Query)
}

fn shown_user((name, password): &User) -> Vec<u8> {
    let mut out = escaped(name, Place::User);
    if let Some(password) = password {
        out.push(b':');
        out.extend(escaped(password, Place::User));
    }
    out
}

fn shown(url: &Url) -> Vec<u8> {
    let mut out = Vec::new();
    if !url.scheme.is_empty() {
        out.extend_from_slice(&url.scheme);
        out.push(b':');
    }
    if url.opaque.is_empty() {
        if !url.scheme.is_empty() || !url.host.is_empty() || url.user.is_some() {
            if !url.host.is_empty() || !url.path.is_empty() || url.user.is_some() {
                out.extend_from_slice(b"//");
            }
            if let Some(user) = &url.user {
                out.extend(shown_user(user));
                out.push(b'@');
            }
            out.extend(escaped(&url.host, Place::Host));
        }
        let path = if url.path == b"*" {
            b"*".to_vec()
        } else {
            escaped(&url.path, Place::Path)
        };
        if !path.is_empty() && !path.starts_with(b"/") && !url.host.is_empty() {
            out.push(b'/');
        }
        let (first, _) = cut(&path, b'/');
        if out.is_empty() && first.contains(&b':') {
            out.extend_from_slice(b"./");
        }
        out.extend(path);
    } else {
        out.extend_from_slice(&url.opaque);
    }
    if !url.query.is_empty() {
        out.push(b'?');
        out.extend_from_slice(&url.query);
    }
    if !url.fragment.is_empty() {
        out.push(b'#');
        out.extend(escaped(&url.fragment, Place::Fragment));
    }
    out
}
