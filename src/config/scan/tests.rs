//! What is JSON and what is not, and where its values are.
use super::*;

/// Reads on after each fault.
fn is_json(text: &str) -> bool {
    let mut scanner = Scanner::new(text);
    let mut good = true;
    for _ in 0..=2 * text.len() + 2 {
        match scanner.next() {
            Ok(Some(_)) => {}
            Ok(None) => return good,
            Err(_) => good = false,
        }
    }
    panic!("no end: {text}");
}

#[test]
fn what_is_json() {
    let good = [
        "{}",
        " [ ] ",
        "\"\"",
        "0",
        "-0.5e+7",
        "10",
        "[1,[2,{}],null]",
        "true",
        r#"{"a":{"b":[]},"c":""}"#,
        r#""\u00e9\ud83d\ude00\/\"""#,
        // No JSON, and without any other meaning.
        "[1,]",
        "{\"a\":1,}",
        "/* a */ {} // b",
        "# a\r{\n//b\r\n}#",
    ];
    for text in good {
        assert!(is_json(text), "{text}");
    }
}

#[test]
fn what_is_no_json() {
    let wrong = [
        "",
        "{",
        "[",
        "{]",
        "[}",
        "[,1]",
        "[1,,]",
        "[1 2]",
        "{,}",
        "{\"a\":1,,}",
        "{\"a\"}",
        "{\"a\":}",
        "{1:2}",
        "{a:1}",
        "1 2",
        "01",
        "+1",
        ".5",
        "1.",
        "1e",
        "--1",
        "-",
        "0x1",
        "1_0",
        "tru",
        "truex",
        "nul",
        "\"",
        "\"\n\"",
        "\"\u{7}\"",
        r#""\x""#,
        r#""\u12""#,
        r#""\ud800""#,
        r#""\udc00""#,
        r#""\ud800\u0041""#,
        "'a'",
        "{}}",
        "[]]",
        "/**{}",
        "/{}",
        "{}/",
        "NaN",
        "Infinity",
        "\u{feff}{}",
    ];
    for text in wrong {
        assert!(!is_json(text), "{text}");
    }
    assert!(is_json(&("[".repeat(MAX_DEPTH) + &"]".repeat(MAX_DEPTH))));
    assert!(!is_json(
        &("[".repeat(MAX_DEPTH + 1) + &"]".repeat(MAX_DEPTH + 1))
    ));
}

#[test]
fn tokens_know_their_path() {
    let mut scanner = Scanner::new(r#"{ "a": [ { "b": 1 }, 2 ], "c": true }"#);
    let mut paths = std::vec::Vec::new();
    while let Ok(Some(token)) = scanner.next() {
        if matches!(token, Token::Number | Token::Bool) {
            paths.push(std::format!(
                "{:?}",
                scanner.steps().collect::<std::vec::Vec<_>>()
            ));
        }
    }
    assert_eq!(
        paths,
        [
            r#"[Key("a"), Index(0), Key("b")]"#,
            r#"[Key("a"), Index(1)]"#,
            r#"[Key("c")]"#
        ]
    );
}

/// The positions of the faults that are reported, and the number of tokens.
fn faults(text: &str) -> (std::vec::Vec<usize>, usize) {
    let mut scanner = Scanner::new(text);
    let (mut faults, mut tokens) = (std::vec::Vec::new(), 0);
    loop {
        match scanner.next() {
            Ok(Some(_)) => tokens += 1,
            Ok(None) => return (faults, tokens),
            Err(fault) => faults.push(fault.at),
        }
    }
}

#[test]
fn each_fault_is_found_once_and_what_follows_is_read() {
    for (text, at, tokens) in [
        (r#"{"a":1 "b":2}"#, &[7][..], 6),
        (r#"{"a"=1,"b":2}"#, &[4], 6),
        (r#"{"a":1;"b":2}"#, &[6], 6),
        (r#"{'a':1,"b":2}"#, &[1], 6),
        // So soon after a fault another one may only follow from it.
        (r#"{a:1,"b":'x'}"#, &[1], 6),
        (r#"{"a":True,"b":2}"#, &[5], 6),
        (r#"{"a":,"b":2}"#, &[5], 6),
        (r#"{"a":01,"b":2}"#, &[5], 6),
        ("{“a”: “x”, “b”: “y”}", &[1], 6),
        ("{\"a\": \"x”, \"b\": 1}", &[8], 6),
        (
            "{\"a\": \"x,\n \"b\": 1, \"c\": 2, \"d\": +3}",
            &[6, 32],
            10,
        ),
        (r#"{"a":[1,2},"b":2}"#, &[9], 7),
        (r#"[{"a":1],2]"#, &[7], 6),
        (r#"{"a":"\q","b":"\q"}"#, &[6], 6),
        (r#"{"a":1}}"#, &[7], 4),
        (r#"{"a":1"#, &[6], 3),
        ("{\"a\":\u{a0}1,\u{a0}\"b\":2}", &[5], 6),
    ] {
        assert_eq!(faults(text), (at.to_vec(), tokens), "{text}");
    }
}
