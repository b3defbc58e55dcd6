//! Speaking to a Service through the API server's proxy, as `ProxyGet` of client-go does.

use http::{Method, Request, header};
use kube::client::Body;
use serde_json::Value;

use super::access::Connection;
use crate::secret::without_password;

/// The most bytes of one answer.
const MAX_ANSWER_BYTES: usize = 4 << 20;

/// Why a Service did not answer as wanted.
#[derive(Debug, thiserror::Error)]
pub enum ProxyError {
    /// The API server was not reached, or the answer broke off.
    #[error("{verb} {url:?}: {source}")]
    Send {
        /// `Get` or `Post`.
        verb: &'static str,
        /// The whole URL.
        url: String,
        /// What happened.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The answer is no success.
    #[error("{message}")]
    Status {
        /// HTTP status code.
        code: u16,
        /// What the server says, or what client-go says for it.
        message: String,
    },
    /// The Service is not of the shape that is needed.
    #[error("service {0:?} has no ports")]
    NoPorts(String),
}

impl ProxyError {
    /// The HTTP status code, if an answer came.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Status { code, .. } => Some(*code),
            _ => None,
        }
    }
}

/// One Service behind the API server's proxy.
pub struct ServiceProxy {
    connection: Connection,
    /// Path of the proxy, to which paths of the Service are added.
    base: String,
    /// Name with scheme and port, such as `http:name:port`.
    target: String,
}

impl ServiceProxy {
    /// Looks up a Service; its first port is the one that is spoken to, under its name, which may be empty.
    ///
    /// # Errors
    /// [`ProxyError`]
    pub async fn find(
        connection: Connection,
        namespace: &str,
        name: &str,
    ) -> Result<Self, ProxyError> {
        let path = format!("/api/v1/namespaces/{namespace}/services/{name}");
        let answer = send(
            &connection,
            Method::GET,
            &path,
            "application/json",
            Vec::new(),
            &format!("get services {name}"),
        )
        .await?;
        let service: Value = serde_json::from_slice(&answer).unwrap_or_default();
        let port = service
            .pointer("/spec/ports/0")
            .ok_or_else(|| ProxyError::NoPorts(name.to_owned()))?;
        let port = port.get("name").and_then(Value::as_str).unwrap_or("");
        let target = format!("http:{name}:{port}");
        Ok(Self {
            base: format!("/api/v1/namespaces/{namespace}/services/{target}/proxy"),
            connection,
            target,
        })
    }

    /// Gets a path of the Service.
    ///
    /// # Errors
    /// [`ProxyError`]
    pub async fn get(&self, path: &str, accept: &str) -> Result<Vec<u8>, ProxyError> {
        let subject = format!("get services {}", self.target);
        let path = format!("{}{path}", self.base);
        send(
            &self.connection,
            Method::GET,
            &path,
            accept,
            Vec::new(),
            &subject,
        )
        .await
    }

    /// Posts a body to a path of the Service.
    ///
    /// # Errors
    /// [`ProxyError`]
    pub async fn post(&self, path: &str, body: Vec<u8>) -> Result<Vec<u8>, ProxyError> {
        let subject = format!("post services {}", self.target);
        let path = format!("{}{path}", self.base);
        send(
            &self.connection,
            Method::POST,
            &path,
            "application/json, */*",
            body,
            &subject,
        )
        .await
    }
}

async fn send(
    connection: &Connection,
    method: Method,
    path: &str,
    accept: &str,
    body: Vec<u8>,
    subject: &str,
) -> Result<Vec<u8>, ProxyError> {
    let verb = if method == Method::GET { "Get" } else { "Post" };
    let failed = |source: Box<dyn std::error::Error + Send + Sync>| ProxyError::Send {
        verb,
        url: without_password(&format!("{}{path}", connection.server)),
        source,
    };
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::ACCEPT, accept)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body))
        .map_err(|error| failed(error.into()))?;
    let answer = connection
        .client
        .send(request)
        .await
        .map_err(|error| failed(error.into()))?;
    let status = answer.status();
    let body = axum::body::to_bytes(axum::body::Body::new(answer.into_body()), MAX_ANSWER_BYTES)
        .await
        .map_err(|error| failed(error.into()))?;
    if status.is_success() {
        return Ok(body.to_vec());
    }
    Err(ProxyError::Status {
        code: status.as_u16(),
        message: message(status.as_u16(), &body, subject),
    })
}

/// The message of a `Status`, else the words that client-go has for the code (`NewGenericServerResponse`).
fn message(code: u16, body: &[u8], subject: &str) -> String {
    let status: Value = serde_json::from_slice(body).unwrap_or_default();
    if let ("Status", Some(message)) = (
        status.get("kind").and_then(Value::as_str).unwrap_or(""),
        status.get("message").and_then(Value::as_str),
    ) {
        return message.to_owned();
    }
    let words = match code {
        400 => "the server rejected our request for an unknown reason".to_owned(),
        401 => "the server has asked for the client to provide credentials".to_owned(),
        403 => "unknown".to_owned(),
        404 => "the server could not find the requested resource".to_owned(),
        405 => "the server does not allow this method on the requested resource".to_owned(),
        409 => "the server reported a conflict".to_owned(),
        429 => "the server has received too many requests and has asked us to try again later"
            .to_owned(),
        503 => "the server is currently unable to handle the request".to_owned(),
        504 => "the server was unable to return a response in the time allotted, but may still be \
                processing the request"
            .to_owned(),
        500.. => format!(
            "an error on the server ({:?}) has prevented the request from succeeding",
            String::from_utf8_lossy(body).trim_end()
        ),
        _ => format!(
            "the server responded with the status code {code} but did not return more information"
        ),
    };
    format!("{words} ({subject})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_client_go_says() {
        for (code, body, wanted) in [
            (
                500,
                &b""[..],
                "an error on the server (\"\") has prevented the request from succeeding (post services http:a:)",
            ),
            (
                404,
                br#"{"kind":"Status","message":"services \"a\" not found"}"#,
                "services \"a\" not found",
            ),
            (
                429,
                b"limit exceeded\n",
                "the server has received too many requests and has asked us to try again later (post services http:a:)",
            ),
        ] {
            assert_eq!(message(code, body, "post services http:a:"), wanted);
        }
    }
}
