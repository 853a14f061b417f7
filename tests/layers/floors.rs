//! The floors, and what is still allowed until a restructuring ends.

/// Each floor, and what it may import from the crate's root.
pub(crate) const FLOORS: &[(&str, &[&str])] = &[
    ("clock", &[]),
    ("token", &[]),
    ("issuer", &["clock", "token"]),
    ("verifier", &["clock", "token"]),
    ("guard", &["clock", "token", "issuer", "verifier"]),
    ("docs", &["issuer", "guard"]),
    (
        "service",
        &["clock", "token", "issuer", "verifier", "guard", "docs"],
    ),
    ("dev", &["clock", "token"]),
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
    // The guide's program, which uses only what every user of the library has.
    ("api", &["Application", "clock", "token", "issuer", "guard"]),
    ("main", &["Application", "api"]),
];

/// ALLOWANCE, to be emptied: upward imports that issue 13 removes.
pub(crate) const UPWARD_UNTIL_13: &[(&str, &str)] = &[];

/// ALLOWANCE, to be emptied: cycles that issue 13 removes. A cycle is accepted if one of
/// these lists has all of its files.
pub(crate) const CYCLES_UNTIL_13: &[&[&str]] = &[
    &["guard.rs", "guard/gate.rs", "guard/guarded.rs"],
    &["guard/openapi.rs", "guard/openapi/tidy.rs"],
    &["service/config.rs", "service/config/checks.rs"],
    &[
        "service/denylist.rs",
        "service/denylist/admin.rs",
        "service/denylist/redis.rs",
    ],
];

/// What the tests of every floor may use as well.
pub(crate) const FOR_TESTS: [&str; 2] = ["clock", "dev"];
