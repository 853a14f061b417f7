//! Stack traces as eight languages print them, and texts that are none.

use serde_json::json;

use super::super::traces::language;

const TRACES: &[(&str, &str)] = &[
    (
        "Java",
        "java.lang.IllegalArgumentException: bad\n\tat org.example.api.TokenFilter.doFilter(TokenFilter.java:41)\n\tat java.base/java.lang.Thread.run(Thread.java:840)",
    ),
    (
        "Java",
        "\tat com.example.Guard$Companion.check(Guard.kt:12)\n",
    ),
    (
        "Python",
        "Traceback (most recent call last):\n  File \"/app/main.py\", line 12, in whoami\n    raise ValueError(\"no\")\nValueError: no",
    ),
    (
        "JavaScript",
        "TypeError: x is undefined\n    at verify (/app/node_modules/guard/index.js:10:15)\n    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)",
    ),
    (
        "JavaScript",
        "Error: no\n    at file:///app/server.mjs:31:9",
    ),
    (
        "JavaScript",
        "Error\n    at Layer.handle [as handle_request] (C:\\app\\layer.js:95:5)",
    ),
    (
        "Go",
        "panic: runtime error: index out of range\n\ngoroutine 19 [running]:\nmain.whoami(0xc0000b2000)\n\t/src/main.go:42 +0x1d",
    ),
    (
        "Rust",
        "thread 'tokio-rt-worker' panicked at src/main.rs:12:5:\nno token\nstack backtrace:\n   0: rust_begin_unwind\n             at /rustc/library/std/src/panicking.rs:652:5",
    ),
    (
        "Rust",
        "thread 'main' (4711) panicked at src/main.rs:12:5:\nno token",
    ),
    (
        ".NET",
        "System.FormatException: bad\n   at Api.Guard.Check(String token) in /src/Guard.cs:line 17\n",
    ),
    (
        ".NET",
        "System.FormatException: bad\n   at System.Convert.FromBase64CharPtr(Char* inputPtr, Int32 inputLength)\n   at Api.Guard.Check(String token)\n",
    ),
    (
        "Ruby",
        "/app/api.rb:7:in `whoami': undefined method (NoMethodError)\n\tfrom /app/api.rb:12:in `<main>'",
    ),
    (
        "Ruby",
        "/app/api.rb:7:in 'Api#whoami': undefined method (NoMethodError)",
    ),
    (
        "PHP",
        "PHP Fatal error:  Uncaught Exception in /var/www/api.php:9\nStack trace:\n#0 /var/www/index.php(3): verify('..')\n#1 {main}",
    ),
    (
        "PHP",
        "<br />\n<b>Warning</b>:  Undefined array key 1 in <b>/var/www/api.php</b> on line <b>9</b><br />",
    ),
];

#[test]
fn a_stack_trace_is_found_in_plain_text_in_json_and_in_html() {
    for (expected, trace) in TRACES {
        let in_json = json!({ "detail": trace }).to_string();
        let in_html = trace
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('"', "&quot;");
        for (form, text) in [
            ("text", *trace),
            ("JSON", &in_json),
            ("HTML", &format!("<pre>{in_html}</pre>")),
        ] {
            assert_eq!(language(text), Some(*expected), "{form}: {text}");
        }
    }
}

#[test]
fn a_string_without_a_stack_trace_is_not_reported() {
    for text in [
        "",
        r#"{"type":"about:blank","title":"Unauthorized","status":401}"#,
        "The token expired at 12:30:05 (UTC).",
        "Meet at the office (main entrance)",
        "read more at https://example.org/docs/errors.html#401",
        "available at /api/reports:12",
        "see main.go, line 12",
        "trace: none",
        r#"{"path":"C:\\app\\index.js"}"#,
        "at most 3 scopes (profile:read) on line 3",
    ] {
        assert_eq!(language(text), None, "{text}");
    }
}
