//! Bytes as editors leave them → text.
//!
//! Windows' Notepad writes UTF-8 with or without a byte order mark, or UTF-16 with
//! one. A card pulled out too early leaves NUL bytes. Each has its own message.
use super::error::{ConfigError, ConfigErrors, position};
use std::borrow::Cow;

/// Octets of the largest file that is read: some forty times those of sixteen networks.
pub const MAX_FILE: usize = 64 * 1024;

const SAVE_AS_UTF8: &str =
    "save the file again as UTF-8 (Notepad: Save as, Encoding: UTF-8) or type the text anew";

/// The file's text without a byte order mark. Line ends stay as they are. An error: too large,
/// empty, or not text in UTF-8 or UTF-16.
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, ConfigErrors> {
    text_of(bytes).map_err(ConfigErrors::from)
}

fn text_of(bytes: &[u8]) -> Result<Cow<'_, str>, ConfigError> {
    if bytes.len() > MAX_FILE {
        return Err(wrong(
            "",
            "the file is larger than 64 KiB",
            "this is the limit",
        ));
    }
    known_formats(bytes)?;
    let text = match bytes {
        [0xff, 0xfe, rest @ ..] => Cow::Owned(utf16(rest, u16::from_le_bytes)?),
        [0xfe, 0xff, rest @ ..] => Cow::Owned(utf16(rest, u16::from_be_bytes)?),
        [0xef, 0xbb, 0xbf, rest @ ..] => Cow::Borrowed(utf8(rest)?),
        _ => Cow::Borrowed(utf8(bytes)?),
    };
    no_nul(&text)?;
    if text.bytes().all(|c| c.is_ascii_whitespace()) {
        return Err(wrong(
            "",
            "the file is empty",
            "the smallest good file is {} (a cable alone)",
        ));
    }
    Ok(text)
}

/// Files that are not plain text, or text in an encoding that is not supported.
fn known_formats(bytes: &[u8]) -> Result<(), ConfigError> {
    let document = [&b"{\\rtf"[..], b"PK\x03\x04", b"%PDF", b"\xd0\xcf\x11\xe0"];
    if document.iter().any(|start| bytes.starts_with(start)) {
        return Err(wrong(
            "",
            "this is the document of a word processor, not plain text",
            "save it as plain text, or use a plain text editor",
        ));
    }
    if bytes.starts_with(&[0xff, 0xfe, 0, 0]) || bytes.starts_with(&[0, 0, 0xfe, 0xff]) {
        return Err(wrong("", "the file is UTF-32 text", SAVE_AS_UTF8));
    }
    Ok(())
}

fn utf8(bytes: &[u8]) -> Result<&str, ConfigError> {
    let error = match core::str::from_utf8(bytes) {
        Ok(text) => return Ok(text),
        Err(error) => error,
    };
    let (good, rest) = bytes.split_at(error.valid_up_to());
    let good = core::str::from_utf8(good).unwrap_or_default();
    // In Windows-1252 one of these octets alone is é, ü, “ and so on.
    let what = if rest.first().is_some_and(|byte| *byte >= 0x80) && error.error_len().is_some() {
        "a character here is not UTF-8; it looks like an old Windows encoding (ANSI)"
    } else {
        "the file ends in the middle of a character"
    };
    Err(wrong(good, what, SAVE_AS_UTF8))
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, ConfigError> {
    // A unit of two bytes becomes three bytes of UTF-8 at most: never grows.
    let mut text = String::with_capacity(bytes.len() / 2 * 3);
    let (units, rest) = bytes.as_chunks::<2>();
    let odd = !rest.is_empty();
    for c in char::decode_utf16(units.iter().map(|pair| unit(*pair))) {
        match c {
            Ok(c) => text.push(c),
            Err(_) => {
                return Err(wrong(
                    &text,
                    "half a character in UTF-16 text",
                    SAVE_AS_UTF8,
                ));
            }
        }
    }
    if odd {
        return Err(wrong(
            &text,
            "the file ends in the middle of a UTF-16 character",
            SAVE_AS_UTF8,
        ));
    }
    Ok(text)
}

fn no_nul(text: &str) -> Result<(), ConfigError> {
    let Some(first) = text.find('\0') else {
        return Ok(());
    };
    let bytes = text.as_bytes();
    let alternating = bytes.len() >= 4 && (bytes[0] == 0) != (bytes[1] == 0) && {
        let zeros = bytes[..4].iter().filter(|byte| **byte == 0).count();
        zeros == 2
    };
    let good = &text[..first];
    Err(if alternating {
        wrong(
            good,
            "this looks like UTF-16 text without a byte order mark",
            SAVE_AS_UTF8,
        )
    } else {
        wrong(
            good,
            "a NUL byte: the file was not written completely",
            "save it again, and eject the card before pulling it out",
        )
    })
}

/// An error at the end of `good`, the text read so far.
fn wrong(good: &str, what: &str, cure: &str) -> ConfigError {
    let (what, cure) = (format_args!("{what}"), format_args!("{cure}"));
    let (line, column) = position(good, good.len());
    ConfigError {
        line,
        column,
        ..ConfigError::at(good.len(), "", what, cure)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(bytes: &[u8]) -> String {
        decode(bytes).unwrap_err().to_string()
    }

    #[test]
    fn marks_and_encodings_are_taken_off() {
        assert_eq!(decode(b"{}").unwrap(), "{}");
        assert_eq!(decode(b"\xef\xbb\xbf{}\r\n").unwrap(), "{}\r\n");
        assert_eq!(decode(b"\xff\xfe{\0}\0\xe9\0").unwrap(), "{}é");
        assert_eq!(decode(b"\xfe\xff\0{\0}\xd8\x3d\xde\x00").unwrap(), "{}😀");
    }

    #[test]
    fn what_is_no_text_is_named() {
        assert!(refused(b"").contains("empty"));
        assert!(refused(b"\xef\xbb\xbf \r\n").contains("empty"));
        assert!(refused(b"{\\rtf1").contains("word processor"));
        assert!(refused(b"\xff\xfe\0\0{\0\0\0").contains("UTF-32"));
        assert!(refused(b"{\0}\0").contains("UTF-16 text without"));
        assert!(refused(b"{\n\0\0").starts_with("2:1: a NUL byte"));
        assert!(refused(&[0; 64]).starts_with("1:1: a NUL byte"));
        assert!(refused(b"\xff\xfe{\0\x00\xd8").starts_with("1:2: half a character"));
        assert!(refused(b"\xff\xfe{\0}").contains("middle of a UTF-16"));
        assert!(refused(b"{\n \xe9 }").starts_with("2:2: a character here is not UTF-8"));
        assert!(refused(b"{ \xc3").starts_with("1:3: the file ends in the middle"));
    }

    #[test]
    fn the_limit_is_exact() {
        let mut file = vec![b' '; MAX_FILE];
        file[0] = b'{';
        assert!(decode(&file).is_ok());
        file.push(b' ');
        assert!(refused(&file).contains("64 KiB"));
    }
}
