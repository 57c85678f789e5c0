//! Common mistakes in JSON, and the messages on them.
//!
//! Each function examines one position of the text and names the likely mistake. The messages
//! never repeat what is there: it may be part of a passphrase. All positions are in octets.
use core::ops::Range;

/// A position where the text is not JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// The position.
    pub at: usize,
    /// What is wrong.
    pub what: &'static str,
    /// What would be right.
    pub cure: &'static str,
    /// The character to be shown after `what`: only ever a quotation mark.
    pub glyph: Option<char>,
    /// The position of the bracket that is still open; the message names its line.
    pub opened: Option<usize>,
}

fn fault(at: usize, what: &'static str, cure: &'static str) -> Fault {
    Fault {
        at,
        what,
        cure,
        glyph: None,
        opened: None,
    }
}

fn byte(text: &str, at: usize) -> u8 {
    text.as_bytes().get(at).copied().unwrap_or(0)
}

fn char_at(text: &str, at: usize) -> Option<char> {
    text.get(at..).and_then(|rest| rest.chars().next())
}

/// Quotation marks that word processors and phones put in place of `"`.
pub fn is_typographic(c: char) -> bool {
    matches!(c, '\u{201c}'..='\u{201f}' | '\u{2018}'..='\u{201b}' | '«' | '»' | '″' | '＂' | '´')
}

fn quote(at: usize, glyph: char) -> Fault {
    Fault {
        glyph: Some(glyph),
        ..fault(
            at,
            "a typographic quotation mark",
            "your editor replaced the straight quote \" by it: type \" here, \
             and switch such replacements off",
        )
    }
}

/// Where the first line of the text ends; `None`: it has no line end.
pub fn line_end(text: &str) -> Option<usize> {
    text.bytes().position(|c| matches!(c, b'\n' | b'\r'))
}

/// The comment at `at` → the position after it, of its line without the line end; `None`: there
/// is none.
pub fn comment(text: &str, at: usize) -> Option<Result<usize, Fault>> {
    let rest = text.get(at..)?;
    if rest.starts_with("/*") {
        let inside = rest.as_bytes().get(2..).unwrap_or_default();
        let end = inside.windows(2).position(|pair| pair == b"*/");
        return Some(end.map(|end| at + 2 + end + 2).ok_or(fault(
            at,
            "a comment that does not end",
            "write */ behind it",
        )));
    }
    let line = rest.starts_with('#') || rest.starts_with("//");
    line.then(|| Ok(at + line_end(rest).unwrap_or(rest.len())))
}

/// A character at `at` that only looks like a space, and the position after it.
pub fn odd_space(text: &str, at: usize) -> Option<(Fault, usize)> {
    let c = char_at(text, at)?;
    matches!(
        c,
        '\u{a0}' | '\u{2007}' | '\u{202f}' | '\u{3000}' | '\u{200b}' | '\u{feff}'
    )
    .then(|| {
        let what = "a space of a special kind (a non-breaking space, for example)";
        let fault = fault(at, what, "replace it by an ordinary space");
        (fault, at + c.len_utf8())
    })
}

/// The bracket at `at` is one more than the scanner keeps.
pub fn too_deep(at: usize) -> Fault {
    fault(
        at,
        "brackets within brackets, more than 16 deep",
        "no field lies deeper than 6",
    )
}

/// Something follows the closing bracket of the file.
pub fn after_the_end(at: usize) -> Fault {
    fault(
        at,
        "something follows after the end of the settings",
        "the whole file is one { … }: is a bracket closed too early?",
    )
}

fn end_of_file(at: usize, opened: usize, closing: &'static str) -> Fault {
    Fault {
        opened: Some(opened),
        ..fault(at, "the file ends too early", closing)
    }
}

/// Neither a comma nor the closing bracket after the value at `last`; `opened` is the position of
/// the bracket that is open, of an object or a list.
pub fn no_comma(text: &str, at: usize, last: Range<usize>, object: bool, opened: usize) -> Fault {
    if let Some(fault) = closed_by_typographic(text, last) {
        return fault;
    }
    match char_at(text, at) {
        None if object => end_of_file(at, opened, "a } is missing for the {"),
        None => end_of_file(at, opened, "a ] is missing for the ["),
        Some('}') => fault(at, "} where a ] is expected", "close the list with ] first"),
        Some(']') => fault(at, "] where a } is expected", "close the { … } first"),
        Some(';') => fault(at, "a semicolon", "write a comma"),
        Some(c) if is_typographic(c) => quote(at, c),
        Some('"' | '{' | '[') => fault(
            at,
            "a comma is missing before this",
            "write a comma between the two",
        ),
        Some(_) if object => fault(
            at,
            "a comma or } is expected here",
            "a quote \" or a backslash \\ inside a text is written \\\" or \\\\",
        ),
        Some(_) => fault(
            at,
            "a comma or ] is expected here",
            "a quote \" or a backslash \\ inside a text is written \\\" or \\\\",
        ),
    }
}

/// A straight quote, then a text, then a typographic quote before `,`, `:`, a closing
/// bracket or the end of the line: the editor replaced the closing quote.
fn closed_by_typographic(text: &str, string: Range<usize>) -> Option<Fault> {
    let inside = text
        .get(string.clone())
        .filter(|inside| !inside.is_ascii())?;
    for (offset, c) in inside.char_indices() {
        if !matches!(c, '“' | '”' | '„' | '‟' | '»' | '«' | '″' | '＂') {
            continue;
        }
        let at = string.start + offset;
        let rest = text.get(at + c.len_utf8()..)?;
        let next = rest.trim_start_matches([' ', '\t']).bytes().next();
        if matches!(next, None | Some(b',' | b':' | b'}' | b']' | b'\r' | b'\n')) {
            return Some(quote(at, c));
        }
    }
    None
}

/// No key where one is expected; `opened` is the position of the object's bracket.
pub fn no_key(text: &str, at: usize, opened: usize) -> Fault {
    match char_at(text, at) {
        None => end_of_file(at, opened, "a } is missing for the {"),
        Some(c) if is_typographic(c) => quote(at, c),
        Some('\'') => single_quote(at),
        Some(',') => fault(at, "a comma too many", "take it out"),
        Some(_) => fault(
            at,
            "a key in double quotes is expected here",
            "as in \"country\": \"BE\"",
        ),
    }
}

fn single_quote(at: usize) -> Fault {
    fault(
        at,
        "a single quote ' where a double quote belongs",
        "write \" instead",
    )
}

/// No colon after the key at `key`.
pub fn no_colon(text: &str, at: usize, key: Range<usize>) -> Fault {
    if let Some(fault) = closed_by_typographic(text, key) {
        return fault;
    }
    match char_at(text, at) {
        Some('=') => fault(at, "= where a colon belongs", "write a colon"),
        _ => fault(
            at,
            "a colon is expected here, after the key",
            "as in \"country\": \"BE\"",
        ),
    }
}

/// No value where one is expected; `opened` is the position of the innermost open bracket.
pub fn no_value(text: &str, at: usize, opened: Option<usize>) -> Fault {
    match (char_at(text, at), opened) {
        (None, Some(opened)) if byte(text, opened) == b'{' => {
            end_of_file(at, opened, "a value is missing, and a } for the {")
        }
        (None, Some(opened)) => end_of_file(at, opened, "a ] is missing for the ["),
        (None, None) => fault(
            at,
            "the file has no settings",
            "the smallest good file is {} (a cable alone)",
        ),
        (Some(_), None) => fault(
            at,
            "this is not JSON",
            "the whole file is one { … }, as in { \"country\": \"BE\" }",
        ),
        (Some(c), _) if is_typographic(c) => quote(at, c),
        (Some('\'' | '`'), _) => single_quote(at),
        (Some(',' | '}' | ']' | ':'), _) => fault(
            at,
            "a value is missing before this",
            "write the value, or take the key out",
        ),
        (Some('+' | '.'), _) => bad_number(at),
        (Some('='), _) => fault(at, "= where a value belongs", "write the value here"),
        _ => bad_word(at),
    }
}

fn bad_number(at: usize) -> Fault {
    fault(
        at,
        "a number that JSON does not know",
        "write digits only, without + and leading zeros",
    )
}

fn bad_word(at: usize) -> Fault {
    fault(
        at,
        "a word without quotes",
        "text stands in double quotes; without them only true and false (small letters) and numbers",
    )
}

/// Inside a string: the end of the file or line, or a control character.
pub fn in_string(text: &str, at: usize, opened: usize) -> Fault {
    let c = byte(text, at);
    if c == b'\t' {
        return fault(at, "a tab inside a text", "write \\t for it, or spaces");
    }
    if !matches!(c, 0 | b'\n' | b'\r') {
        return fault(at, "a control character inside a text", "take it out");
    }
    closed_by_typographic(text, opened + 1..at).unwrap_or(fault(
        opened,
        "this text has no closing quote on its line",
        "write a \" at its end",
    ))
}

/// The escape whose backslash is at `at` → the position after it.
pub fn escape(text: &str, at: usize) -> Result<usize, Fault> {
    match byte(text, at + 1) {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Ok(at + 2),
        b'u' => unicode(text, at),
        _ => Err(fault(
            at,
            "a backslash that begins no JSON escape",
            "for a backslash itself write \\\\",
        )),
    }
}

/// `\uXXXX`, and the second half of a surrogate pair after the first.
fn unicode(text: &str, at: usize) -> Result<usize, Fault> {
    let wrong = Err(fault(
        at,
        "a \\u escape that stands for no character",
        "write \\u and four hexadecimal digits, or the character itself",
    ));
    match unit(text, at) {
        Some(0xd800..=0xdbff) => match unit(text, at + 6) {
            Some(0xdc00..=0xdfff) => Ok(at + 12),
            _ => wrong,
        },
        None | Some(0xdc00..=0xdfff) => wrong,
        Some(_) => Ok(at + 6),
    }
}

/// The number in `\uXXXX` at `at`, a UTF-16 code unit; `None`: no such escape.
pub fn unit(text: &str, at: usize) -> Option<u32> {
    let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
    if !digits.bytes().all(|c| c.is_ascii_hexdigit()) {
        return None;
    }
    u32::from_str_radix(digits, 16).ok()
}

/// The number at `at` → the position after it.
pub fn number(text: &str, at: usize) -> Result<usize, Fault> {
    let digits = |from: usize| {
        let rest = text.as_bytes().get(from..).unwrap_or_default();
        from + rest.iter().take_while(|c| c.is_ascii_digit()).count()
    };
    let whole = at + usize::from(byte(text, at) == b'-');
    let mut end = digits(whole);
    let mut good = end == whole + 1 || (end > whole && byte(text, whole) != b'0');
    if byte(text, end) == b'.' {
        let fraction = digits(end + 1);
        good &= fraction > end + 1;
        end = fraction;
    }
    if matches!(byte(text, end), b'e' | b'E') {
        let sign = usize::from(matches!(byte(text, end + 1), b'+' | b'-'));
        let exponent = digits(end + 1 + sign);
        good &= exponent > end + 1 + sign;
        end = exponent;
    }
    match byte(text, end) {
        c if c == b'_' || c.is_ascii_alphanumeric() => Err(bad_number(at)),
        _ if good => Ok(end),
        _ => Err(bad_number(at)),
    }
}

/// `true`, `false` or `null` at `at` → the position after it.
pub fn word(text: &str, at: usize) -> Result<usize, Fault> {
    let rest = text.get(at..).unwrap_or_default();
    let end = rest
        .bytes()
        .take_while(|c| c.is_ascii_alphanumeric())
        .count();
    match rest.get(..end) {
        Some("true" | "false" | "null") => Ok(at + end),
        _ => Err(bad_word(at)),
    }
}
