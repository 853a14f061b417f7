use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use poem_openapi::param::Query;
use poem_openapi::payload::{PlainText, Xml};
use poem_openapi::types::Any;
use poem_openapi::{OpenApi, Tags};

use crate::guard::BearerAuth;
use crate::service::Application;
use crate::service::application::Hosted;
use crate::service::config::{Config, ConfigError, Sources};

#[derive(Tags)]
enum Tag {
    /// The caller.
    Caller,
}

struct Api;

#[OpenApi]
#[allow(clippy::unused_async)]
impl Api {
    #[oai(path = "/hello", method = "get", operation_id = "hello")]
    async fn hello(&self) -> PlainText<&'static str> {
        PlainText("hello")
    }

    #[oai(
        path = "/whoami",
        method = "get",
        operation_id = "whoami",
        tag = "Tag::Caller"
    )]
    async fn whoami(
        &self,
        _view: Query<Option<String>>,
        _caller: BearerAuth,
    ) -> PlainText<&'static str> {
        PlainText("you")
    }

    #[oai(path = "/import", method = "post", operation_id = "import")]
    async fn import(&self, _body: Xml<Any<String>>) -> PlainText<&'static str> {
        PlainText("imported")
    }
}

/// A working directory of its own for one test.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("resource-server-preflight-{}-{count}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(path.join("config")).expect("a directory for the test");
        Self(path)
    }

    /// Writes a file, and returns its path.
    fn file(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        fs::write(&path, text).expect("a file for the test");
        path.display().to_string()
    }

    fn load(&self, settings: &str) -> Result<Config, ConfigError> {
        self.file("config/dev.toml", settings);
        let application: Box<dyn Hosted> = Box::new(Application::new("Api", "1").api(|_| Api));
        let sources = Sources {
            application: application.settings(),
            directory: self.0.clone(),
            ..Sources::default()
        };
        Config::load_and_check(&sources, |config| {
            super::problems(application.outline(), config)
        })
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A certificate and its key, in PEM form.
fn pair() -> (String, String) {
    let pair = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a pair");
    (pair.cert.pem(), pair.signing_key.serialize_pem())
}

#[test]
fn the_problems_of_files_and_operations_are_reported_with_all_others() {
    let directory = Directory::new();
    let salt = directory.file("salt", "short");
    let denials = directory.file("denials.json", "{}");
    let settings = format!(
        "log.format = 'xml'\nhttp.colour = 1\n\
         http.tls.cert = '/nowhere/cert.pem'\nhttp.tls.key = '/nowhere/key.pem'\n\
         http.tls.client_ca = '{salt}'\n\
         audit.salt_file = '{salt}'\ndenylist.file = '{denials}'\n\
         access.mode = 'all'\naccess.anonymous = ['helo', 'whoami', 'other']\n\
         access.operations.whomai.scopes = 'a'\n\
         operations.imprt.max_body_size = '2KiB'\noperations.import.max_body_size = '17KiB'\n"
    );

    let error = directory.load(&settings).expect_err("twelve problems");

    let expected = [
        "`access.anonymous` must not name `whoami`, which requires credentials by its declaration \
         in the code (config/dev.toml): found [\"helo\", \"whoami\", \"other\"]. Remove it from \
         this list, or remove what requires the credentials."
            .to_owned(),
        "`access.anonymous` names `helo`, which is not an operation (config/dev.toml): found \
         [\"helo\", \"whoami\", \"other\"]. Did you mean `hello`? The operations are: hello, \
         whoami, import."
            .to_owned(),
        "`access.anonymous` names `other`, which is not an operation (config/dev.toml): found \
         [\"helo\", \"whoami\", \"other\"]. Name one of the operations: hello, whoami, import."
            .to_owned(),
        "`access.operations.whomai` is for an operation that does not exist (config/dev.toml): \
         found \"whomai\". Did you mean `whoami`? The operations are: hello, whoami, import."
            .to_owned(),
        format!(
            "`audit.salt_file` must name a file of 16 to 1024 bytes (config/dev.toml): found \
             \"{salt}\" with 5 bytes. Create one with `openssl rand -hex 32`."
        ),
        "`http.colour` is not a setting (config/dev.toml). Remove it, or find its name in the \
         list that `config --markdown` prints."
            .to_owned(),
        "`http.tls.cert` must name a file that can be read (config/dev.toml): found \
         \"/nowhere/cert.pem\": No such file or directory (os error 2). Name a file that exists \
         and that the user of this service can read."
            .to_owned(),
        format!(
            "`http.tls.client_ca` must name a file with a certificate in PEM form \
             (config/dev.toml): found \"{salt}\". Name such a file."
        ),
        "`http.tls.key` must name a file that can be read (config/dev.toml): found \
         \"/nowhere/key.pem\": No such file or directory (os error 2). Name a file that exists \
         and that the user of this service can read."
            .to_owned(),
        "`log.format` must be `text` or `json` (config/dev.toml): found \"xml\". Write one of the \
         two."
            .to_owned(),
        "`operations.import.max_body_size` must be at most 16KiB, because the operation reads XML, \
         and the time of the parser grows with the square of the size (RUSTSEC-2026-0194) \
         (config/dev.toml): found \"17KiB\". Write 16KiB or less, or let the operation read JSON."
            .to_owned(),
        "`operations.imprt` is for an operation that does not exist (config/dev.toml): found \
         \"imprt\". Did you mean `import`? The operations are: hello, import, whoami."
            .to_owned(),
    ];
    let message = error.to_string();
    let mut reported: Vec<_> = message.lines().collect();
    reported.sort_unstable();
    let (denials, others): (Vec<_>, Vec<_>) =
        reported.into_iter().partition(|it| it.contains("denylist"));
    assert_eq!(others, expected);
    let [denials] = denials[..] else {
        panic!("{denials:?}");
    };
    let start = "`denylist.file` must name a JSON list of denials, but ";
    assert!(denials.starts_with(start), "{denials}");
    assert!(
        denials.ends_with("Write it as docs/operations.md describes it."),
        "{denials}"
    );
}

#[test]
fn settings_that_fit_the_machine_and_the_api_are_accepted() {
    let directory = Directory::new();
    let (cert, key) = pair();
    let salt = directory.file("salt", "0123456789abcdef");
    let denials = directory.file("denials.json", "[]");
    let (cert, key) = (
        directory.file("cert.pem", &cert),
        directory.file("key.pem", &key),
    );
    let settings = format!(
        "http.tls.cert = '{cert}'\nhttp.tls.key = '{key}'\nhttp.tls.client_ca = '{cert}'\n\
         audit.salt_file = '{salt}'\ndenylist.file = '{denials}'\n\
         access.mode = 'all'\naccess.anonymous = ['Hello']\n\
         access.operations.WHOAMI.scopes = 'a'\noperations.import.max_body_size = '16KiB'\n"
    );

    let loaded = directory.load(&settings);

    assert!(loaded.is_ok(), "{loaded:?}");
}

#[test]
fn a_key_of_another_certificate_is_described_in_words() {
    let directory = Directory::new();
    let ((cert, _), (_, other)) = (pair(), pair());
    let (cert, key) = (
        directory.file("cert.pem", &cert),
        directory.file("key.pem", &other),
    );

    let settings = format!("http.tls.cert = '{cert}'\nhttp.tls.key = '{key}'\n");
    let error = directory.load(&settings).expect_err("another key");

    assert_eq!(
        error.to_string(),
        format!(
            "`http.tls.key` cannot be used with `http.tls.cert`, because the private key does not \
             belong to the certificate (config/dev.toml): found \"{key}\". Name the private key \
             that belongs to the certificate, or the certificate that belongs to the key."
        )
    );
}

#[test]
fn requirements_that_do_not_fit_the_api_are_reported_together_with_suggestions() {
    let directory = Directory::new();
    let settings = "access.tags.caler.scopes = 'a'\n\
         access.paths.'/whoamy'.scopes = 'b'\n\
         access.operations.whoami.owner.tenant = 'tenant_id'\n\
         access.operations.hello.issuers = 'staff'\n\
         access.operations.import.scopes = 'read'\n\
         access.scopes_imply.write = 'raed'\n";

    let error = directory.load(settings).expect_err("five problems");

    let message = error.to_string();
    let mut reported: Vec<_> = message.lines().collect();
    reported.sort_unstable();
    let expected = [
        "`access.operations.hello.issuers` names an issuer that does not exist (config/dev.toml): \
         found \"staff\". Name one of the issuers: default.",
        "`access.operations.whoami.owner.tenant` is for a parameter that the operation `whoami` \
         does not read from its path or query (config/dev.toml): found \"tenant\". Name one of the \
         parameters: _view.",
        "`access.paths.\"/whoamy\"` is for a path prefix that no operation's path begins with \
         (config/dev.toml): found \"/whoamy\". Did you mean `/whoami`? The paths are: /hello, \
         /import, /whoami.",
        "`access.scopes_imply.write` includes a scope that no operation requires \
         (config/dev.toml): found \"raed\". Did you mean `read`? The scopes are: read.",
        "`access.tags.caler` is for a tag that no operation has (config/dev.toml): found \
         \"caler\". Did you mean `Caller`? The tags are: Caller.",
    ];
    assert_eq!(reported, expected);

    let fitting = "access.tags.caller.scopes = 'a'\n\
         access.paths.'/whoami'.scopes = 'b'\n\
         access.operations.whoami.owner._view = 'tenant_id'\n\
         access.operations.import.scopes = 'read'\n\
         access.scopes_imply.write = 'read'\n";
    let loaded = directory.load(fitting);
    assert!(loaded.is_ok(), "{loaded:?}");
}
