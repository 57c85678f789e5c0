//! What is JSON and what is not, and where its values are.
use super::*;

fn is_json(text: &str) -> bool {
    let mut scanner = Scanner::new(text);
    loop {
        match scanner.next() {
            Ok(Some(_)) => {}
            Ok(None) => return true,
            Err(_) => return false,
        }
    }
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
        "[1,]",
        "[1 2]",
        "{,}",
        "{\"a\":1,}",
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
        "/**/{}",
        "{}//",
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
