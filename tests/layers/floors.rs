//! The floors.

/// Each floor, and what it may import from the crate's root.
pub(crate) const FLOORS: &[(&str, &[&str])] = &[
    ("clock", &[]),
    ("token", &[]),
    ("issuer", &["clock", "token"]),
    ("verifier", &["clock", "token", "issuer"]),
    ("guard", &["clock", "token", "issuer", "verifier"]),
    ("docs", &["issuer", "guard"]),
    (
        "service",
        &["clock", "token", "issuer", "verifier", "guard", "docs"],
    ),
    ("dev", &["clock", "token", "verifier"]),
    ("description", &["token", "guard"]),
    (
        "testing",
        &[
            "clock",
            "token",
            "issuer",
            "verifier",
            "guard",
            "description",
            "dev",
            // To run an application whole; the walk itself knows no service.
            "service",
        ],
    ),
    (
        "check",
        &["clock", "token", "issuer", "guard", "description"],
    ),
    ("doctor", &["clock", "token", "issuer", "verifier"]),
    (
        "program",
        &[
            "clock", "token", "issuer", "verifier", "guard", "docs", "service", "dev", "check",
            "doctor",
        ],
    ),
    // Pages of text, which link to everything.
    ("guide", &[]),
    // The guide's program, which uses only what every user of the library has.
    ("api", &["Application", "clock", "token", "issuer", "guard"]),
    ("main", &["Application", "api"]),
];

/// What the tests of every floor may use as well.
pub(crate) const FOR_TESTS: [&str; 2] = ["clock", "dev"];
