//! `eap` of a network, and `wired_auth` of a link or of the bond: IEEE 802.1X. No message here
//! repeats a value: it may be a secret in the wrong field.
use super::value::{self, Buffer, plain, unescape};
use crate::config::document::Node;
use crate::config::error::Checked;
use crate::config::types::{DnsName, Eap, EapInner, EapMethod, Path, Secret};
use heapless::String;

/// An `eap` or `wired_auth` object; `None`: it is wrong.
pub fn eap(node: Node<'_>) -> Option<Eap> {
    let method = node.choice("method").unwrap_or(EapMethod::Peap);
    let mut inside = EapInner::MsChapV2;
    if !node.is_wrong("method") {
        needed_keys(node, method);
        if !node.is_wrong("inner") {
            inside = node.keep(inner(node, method)).unwrap_or(inside);
        }
    }
    let secret = |key| node.get(key).map(|part| part.keep(credential(part)));
    let path = |key| node.get(key).map(|part| part.keep(path(part)));
    let identity = secret("identity");
    let (anonymous_identity, password) = (secret("anonymous_identity"), secret("password"));
    let (ca_cert, domain) = (path("ca_cert"), node.keep(domain(node)));
    let (client_cert, private_key) = (path("client_cert"), path("private_key"));
    if node.has_errors() {
        return None;
    }
    Some(Eap {
        method,
        inner: inside,
        identity: identity.flatten().unwrap_or_default(),
        anonymous_identity: anonymous_identity.flatten(),
        password: password.flatten().map(Secret::new),
        ca_cert: ca_cert.flatten(),
        domain: domain.flatten(),
        client_cert: client_cert.flatten(),
        private_key: private_key.flatten(),
    })
}

fn needed_keys(node: Node<'_>, method: EapMethod) {
    let tls = method == EapMethod::Tls;
    let needed = [
        ("identity", true),
        ("password", !tls),
        ("client_cert", tls),
        ("private_key", tls),
    ];
    for (key, needed) in needed {
        if needed && !node.has(key) {
            node.error(node.missing(
                key,
                match tls {
                    true => "\"tls\" needs `identity`, `client_cert` and `private_key`",
                    false => "\"peap\" (the default) and \"ttls\" need `identity` and `password`",
                },
            ));
        }
        // With "tls" the password is that of the private key.
        if !needed && node.has(key) && key != "password" {
            let cure = "only \"method\": \"tls\" has a certificate of its own";
            let what = "of no use with this method";
            node.error(node.plain_in(key, what, cure));
        }
    }
}

/// The method inside the tunnel; by default the one that most networks with this method use.
fn inner(node: Node<'_>, method: EapMethod) -> Checked<EapInner> {
    let inner = match (node.choice("inner"), method) {
        (Some(_), EapMethod::Tls) => {
            let cure = "\"tls\" has a certificate in place of a password: take it out";
            return Err(node.plain_in("inner", "of no use with this method", cure));
        }
        (Some(EapInner::Pap), EapMethod::Peap) => {
            let cure = "\"mschapv2\" or \"gtc\"; \"pap\" goes with \"method\": \"ttls\"";
            return Err(node.plain_in("inner", "not within \"peap\"", cure));
        }
        (Some(inner), EapMethod::Peap | EapMethod::Ttls) => inner,
        (None, EapMethod::Peap | EapMethod::Tls) => EapInner::MsChapV2,
        (None, EapMethod::Ttls) => EapInner::Pap,
    };
    Ok(inner)
}

/// The server's name, which can only be verified with `ca_cert`.
fn domain(node: Node<'_>) -> Checked<Option<DnsName>> {
    let Some(name) = node.get("domain") else {
        return Ok(None);
    };
    if !node.has("ca_cert") {
        return Err(node.missing(
            "ca_cert",
            "`domain` says whom a certificate has to be for; `ca_cert` says who may vouch for it",
        ));
    }
    let buffer = &mut Buffer::new();
    match value::dns_name(plain(name.raw(), buffer)) {
        Some(name) => Ok(Some(name)),
        None => Err(name.plain(
            "not a domain's name",
            "letters, digits, - and single dots, as in \"radius.example.org\"",
        )),
    }
}

/// An identity or password: 1 to 128 octets, no control characters.
fn credential(node: Node<'_>) -> Checked<String<128>> {
    let mut text = String::new();
    let fits = unescape(node.raw(), &mut text);
    let what = if !fits {
        "too long"
    } else if text.is_empty() {
        "empty"
    } else if text.contains(char::is_control) {
        "a control character"
    } else {
        return Ok(text);
    };
    Err(node.plain(what, "1 to 128 octets without control characters"))
}

/// A file on the appliance.
fn path(node: Node<'_>) -> Checked<Path> {
    let mut text = Path::new();
    let fits = unescape(node.raw(), &mut text);
    if !fits || !text.starts_with('/') || text.contains(char::is_control) {
        return Err(node.plain(
            "not the path of a file",
            "up to 128 octets that begin with /, as in \"/etc/ssl/certs/ca.pem\"",
        ));
    }
    Ok(text)
}
