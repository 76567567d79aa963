//! Filter patterns: what they find, and why they are refused.

use super::*;
use proptest::prelude::*;

fn matches(pattern: &str, message: &str) -> bool {
    Pattern::parse(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}")).matches(message)
}

/// The examples of AWS's documentation, and what follows from its words.
#[test]
fn terms() {
    const REQUESTS: [&str; 4] = [
        "[ERROR 400] BAD REQUEST",
        "[ERROR 401] UNAUTHORIZED REQUEST",
        "[ERROR 419] MISSING ARGUMENTS",
        "[ERROR 420] INVALID ARGUMENTS",
    ];
    let table: [(&str, &[usize]); 18] = [
        ("", &[0, 1, 2, 3]),
        ("\" \"", &[0, 1, 2, 3]),
        ("ERROR", &[0, 1, 2, 3]),
        ("error", &[]),
        ("ERROR ARGUMENTS", &[2, 3]),
        ("?REQUEST ?MISSING", &[0, 1, 2]),
        ("?\"401\" ?\"INVALID ARGUMENTS\"", &[1, 3]),
        ("\"BAD REQUEST\"", &[0]),
        ("\"ARGUMENTS INVALID\"", &[]),
        ("ERROR -ARGUMENTS", &[0, 1]),
        ("-ARGUMENTS", &[0, 1]),
        ("-\"BAD REQUEST\" -MISSING", &[1, 3]),
        // Optional terms beside others are ignored.
        ("?NOTHING REQUEST", &[0, 1]),
        ("?NOTHING -REQUEST", &[2, 3]),
        ("%4[12][09]%", &[2, 3]),
        ("%^.ERROR 40[0-9]%", &[0, 1]),
        ("%BAD|INVALID% ARGUMENTS", &[3]),
        ("ARG", &[2, 3]),
    ];
    for (pattern, expected) in table {
        let found: Vec<usize> = (0..4).filter(|at| matches(pattern, REQUESTS[*at])).collect();
        assert_eq!(found, expected, "{pattern}");
    }
    assert!(matches(r#""say \"no\" \\""#, r#"they say "no" \ twice"#));
}

#[test]
fn fields() {
    const LINE: &str =
        r#"127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534"#;
    let table = [
        ("[ip, user, username, timestamp, request, status_code, bytes]", true),
        ("[ip, user, username, timestamp, request, status_code]", false),
        ("[ip, user, username, timestamp, request, status_code, bytes, more]", false),
        ("[ip, user, username, timestamp, request =*.html*, status_code = 4*, bytes > 1000]", true),
        ("[ip, user, username, timestamp, request =*.html*, status_code = 4*, bytes > 2000]", false),
        ("[ip, user, username, timestamp, request, status_code = 404, bytes]", true),
        ("[..., status_code=4*, bytes]", true),
        ("[..., status_code=5*, bytes]", false),
        ("[ip=127.0.0.1, ...]", true),
        ("[ip!=127.0.0.1, ...]", false),
        ("[ip = %127\\.0\\.0\\.[1-9]%, ..., bytes >= 1534 && bytes <= 1534]", true),
        ("[ip, user = frank, ...]", false),
        ("[ip, user, u = frank, ..., s, b]", true),
        ("[ip, user, u, time = \"10/Oct*\", ...]", true),
        ("[..., status = 404 || status = 410, bytes]", true),
        ("[..., (status = 404 || status = 410) && status != 4*, bytes]", false),
        ("[..., status != 404 && status != 410, bytes]", false),
        ("[...]", true),
        ("[w1, w2, w3, w4, w5, w6, w7, ...]", true),
        ("[w1, w2, w3, w4, w5, w6, w7, w8, ...]", false),
    ];
    for (pattern, expected) in table {
        assert_eq!(matches(pattern, LINE), expected, "{pattern}");
    }
    // A bracket that does not close is a character like any other.
    assert!(matches("[a, b]", "[open end"));
    assert!(matches("[level=ERROR, ...]", "ERROR"));
}

#[test]
fn members() {
    const EVENT: &str = r#"{
        "eventType": "UpdateTrail", "sourceIPAddress": "111.111.111.111", "arrayKey": ["value", "another"],
        "objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2, "flag": true}],
        "SomeObject": null, "errorCode": 400, "latency": 0.25, "ThisFlag": true, "other": false,
        "text": "7", "a.b": {"c": 1}, "user-id": "u"
    }"#;
    let table = [
        (r#"{ $.eventType = "UpdateTrail" }"#, true),
        (r"{ $.eventType = UpdateTrail }", true),
        (r"{ $.eventType = Update* }", true),
        (r#"{ $.eventType = "*Trail" }"#, true),
        (r#"{ $.eventType = "*" }"#, true),
        (r#"{ $.nothing = "*" }"#, false),
        (r"{ $.eventType != Update* }", false),
        (r"{ $.sourceIPAddress != 123.123.* }", true),
        (r"{ $.eventType =%Upd.*l$% }", true),
        (r#"{ $.arrayKey[0] = "value" }"#, true),
        (r#"{ $.arrayKey[1] = "value" }"#, false),
        (r#"{ $.arrayKey[2] = "value" }"#, false),
        (r#"{ $.arrayKey[*] = "another" }"#, true),
        ("{ $.objectList[1].id = 2 }", true),
        ("{ $.objectList[0].flag IS TRUE }", false),
        ("{ $.objectList[*].flag IS TRUE }", true),
        ("{ $.SomeObject IS NULL }", true),
        ("{ $.SomeOtherObject IS NULL }", false),
        ("{ $.SomeOtherObject NOT EXISTS }", true),
        ("{ $.SomeObject NOT EXISTS }", false),
        ("{ $.SomeObject EXISTS }", true),
        ("{ $.ThisFlag IS TRUE }", true),
        ("{ $.ThisFlag IS FALSE }", false),
        ("{ $.other is false }", true),
        ("{ $.ThisFlag = true }", true),
        ("{ $.errorCode = 400 }", true),
        ("{ $.errorCode = 4.0e2 }", true),
        ("{ $.errorCode != 400 }", false),
        ("{ $.errorCode >= 400 }", true),
        ("{ $.errorCode < 400 }", false),
        ("{ $.errorCode = 4* }", true),
        ("{ $.latency > 0.2 && $.latency<0.3 }", true),
        ("{ $.text = 7 }", true),
        // Of what is not there, or is no value, nothing is true.
        ("{ $.nothing != 1 }", false),
        ("{ $.objectList != 1 }", false),
        ("{ $.SomeObject != 1 }", false),
        (r#"{ ($.eventType = "x") || ($.errorCode = 400 && $.ThisFlag IS TRUE) }"#, true),
        // And before or.
        ("{ $.errorCode = 400 || $.errorCode = 1 && $.errorCode = 2 }", true),
        ("{ ($.errorCode = 400 || $.errorCode = 1) && $.errorCode = 2 }", false),
        ("{ $.['a.b'].c = 1 }", true),
        (r#"{ $["a.b"].c = 1 }"#, true),
        ("{$.user-id=u}", true),
    ];
    for (pattern, expected) in table {
        assert_eq!(matches(pattern, EVENT), expected, "{pattern}");
    }
    assert!(!matches("{ $.a = 1 }", "a = 1") && !matches("{ $.a = 1 }", r#"{"a": 1"#));
}

#[test]
fn what_is_no_pattern_says_why() {
    let table = [
        ("a-b", "Invalid character(s) in term 'a-b'"),
        ("\"open", "a quoted text has no end"),
        ("- a", "unexpected at ' a'"),
        ("%a(b)%", "a regular expression cannot have '('"),
        ("%a", "a regular expression has no end"),
        ("[a, b", "it ends too early"),
        ("[a b]", "unexpected at 'b]'"),
        ("[a, ..., b, ...]", "it has more than one ellipsis"),
        ("[a = 1 || b = 2]", "'b' is compared where the field is 'a'"),
        ("[a > x]", "only numbers are less or greater"),
        ("{ $.a }", "unexpected at '}'"),
        ("{ a = 1 }", "unexpected at 'a = 1 }'"),
        ("{ $.a = 1 } x", "unexpected at 'x'"),
        ("{ $.a IS 1 }", "unexpected at '1 }'"),
        ("{ $.a[x] = 1 }", "unexpected at 'x] = 1 }'"),
        ("{ $ = 1 }", "unexpected at ' = 1 }'"),
    ];
    for (pattern, why) in table {
        assert_eq!(Pattern::parse(pattern).unwrap_err().0, why, "{pattern}");
    }
    let deep = format!("{{ {}$.a = 1{} }}", "(".repeat(40), ")".repeat(40));
    assert_eq!(Pattern::parse(&deep).unwrap_err().0, "it is nested too deeply");
    assert!(Pattern::parse(&"a ".repeat(300)).is_err() && Pattern::parse(&"a".repeat(5_000)).is_err());
}

proptest! {
    #[test]
    fn a_wildcard_finds_what_it_was_made_of(parts in prop::collection::vec("[ab]{0,3}", 1..5), between in "[abc]{0,3}") {
        let (pattern, text) = (parts.join("*"), parts.join(&between));
        prop_assert!(value::wildcard(&pattern, &text), "{} {}", pattern, text);
        prop_assert_eq!(value::wildcard(&pattern, &format!("{text}c")), pattern.ends_with('*'));
    }

    #[test]
    fn any_pattern_is_read_or_refused(text in "[\\[\\]{}$.()a*=!<>&|\"%?, 0-]{0,40}", message in "[\\[\\]{}\"a:1, ]{0,20}") {
        if let Ok(pattern) = Pattern::parse(&text) {
            let _ = pattern.matches(&message);
        }
    }
}
