//! `country`.
use crate::config::countries;
use crate::config::document::Node;
use crate::config::error::Checked;

/// A code of ISO 3166, in either case.
pub fn country(node: Node<'_>) -> Checked<[u8; 2]> {
    let written = node.raw();
    let code =
        <[u8; 2]>::try_from(written.as_bytes()).map(|code| code.map(|c| c.to_ascii_uppercase()));
    let known = |code: &[u8; 2]| countries::find(*code).is_some();
    // Before there was a list, any two letters were taken. The kernel takes none for them, and
    // keeps to what is allowed everywhere.
    let letters = |code: &[u8; 2]| node.is_kept() && code.iter().all(u8::is_ascii_uppercase);
    if let Ok(code) = code.as_ref()
        && (known(code) || letters(code))
    {
        return Ok(*code);
    }
    let near = countries::meant(written);
    let what = match code {
        Ok(code) if code.iter().all(u8::is_ascii_uppercase) => "no country has this code",
        _ => "not the code of a country",
    };
    let cure = match code.as_ref().ok() {
        Some(b"UK") => "the United Kingdom is \"GB\"",
        Some(b"EU") => "write the country the box stands in: each has rules of its own",
        Some(b"EN") => "\"GB\", \"US\", or wherever the box stands: this is no language",
        _ if !near.is_empty() => &near,
        _ => "two letters, as in \"BE\"",
    };
    Err(node.plain(what, cure))
}
