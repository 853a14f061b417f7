//! The program itself, with the embedded issuer: its commands and its signals.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use reqwest::Client;
use serde_json::{Value, json};

/// A process of the shop in a directory of its own. Dropping it kills it.
struct Program {
    child: Child,
    url: String,
}

impl Program {
    async fn start(world: &World) -> Self {
        let child = world.command(&["serve"]).spawn().expect("a process");
        let url = format!("http://{}", world.listen);
        let mut program = Self { child, url };
        program
            .wait_for(&world.listen, "/readyz", |status, _| status == 200)
            .await;
        program
    }

    /// Asks until the answer is as expected.
    async fn wait_for(
        &mut self,
        address: &str,
        path: &str,
        is_expected: impl Fn(u16, &str) -> bool,
    ) {
        let deadline = Instant::now() + WAIT;
        loop {
            let mut last = "no answer".to_owned();
            if let Ok(response) = Client::new()
                .get(format!("http://{address}{path}"))
                .send()
                .await
            {
                let status = response.status().as_u16();
                last = response.text().await.unwrap_or_default();
                if is_expected(status, &last) {
                    return;
                }
            }
            assert!(
                self.child.try_wait().expect("a process").is_none(),
                "it has ended"
            );
            assert!(
                Instant::now() < deadline,
                "gave up waiting for {path}: {last}"
            );
            tokio::time::sleep(POLL).await;
        }
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let status = Command::new("kill").args(["-s", name, &id]).status();
        assert!(status.expect("kill").success());
    }

    async fn exit(mut self) -> ExitStatus {
        let deadline = Instant::now() + WAIT;
        loop {
            if let Some(status) = self.child.try_wait().expect("a process") {
                return status;
            }
            assert!(Instant::now() < deadline, "still running");
            tokio::time::sleep(POLL).await;
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A directory, and addresses that nobody uses.
struct World {
    directory: PathBuf,
    listen: String,
    issuer: String,
    admin: String,
}

impl World {
    fn new(name: &str) -> Self {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&directory);
        std::fs::create_dir_all(directory.join("config")).expect("a directory");
        let [listen, issuer, admin] = [(); 3]
            .map(|()| TcpListener::bind("127.0.0.1:0").expect("a port"))
            .map(|listener| listener.local_addr().expect("an address").to_string());
        Self {
            directory,
            listen,
            issuer,
            admin,
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_shop"));
        command
            .args(arguments)
            .current_dir(&self.directory)
            .env_clear()
            .env("RESOURCE_SERVER_HTTP__LISTEN", &self.listen)
            .env("RESOURCE_SERVER_DEV__LISTEN", &self.issuer)
            .env("RESOURCE_SERVER_ADMIN__LISTEN", &self.admin)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    fn write(&self, file: &str, content: &str) {
        std::fs::write(self.directory.join(file), content).expect("a file");
    }

    /// Runs a command to its end.
    fn run(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let mut command = self.command(arguments);
        let output = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .output()
            .expect("a process");
        let text = [output.stdout, output.stderr].concat();
        (
            output.status.code(),
            String::from_utf8(text).expect("UTF-8"),
        )
    }

    fn token(&self, scope: &str) -> String {
        let scopes = scope.split(' ').flat_map(|scope| ["--scope", scope]);
        let arguments: Vec<_> = ["token"].into_iter().chain(scopes).collect();
        let (code, token) = self.run(&arguments);
        assert_eq!(code, Some(0), "{token}");
        token.trim().to_owned()
    }
}

#[tokio::test]
async fn sigterm_ends_streams_and_keeps_orders() {
    let world = World::new("sigterm");
    let program = Program::start(&world).await;
    let token = world.token("orders:read orders:write");
    let url = program.url.clone();
    let events = Client::new()
        .get(format!("{url}/orders/events"))
        .bearer_auth(&token);
    let events = events.send().await.expect("a stream");
    let order: Value = Client::new()
        .post(format!("{url}/orders"))
        .bearer_auth(&token)
        .json(&json!({"product": "tea", "quantity": 1}))
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("an order");

    program.signal("TERM");
    let streamed = events.text().await.expect("a stream that ends");
    let status = program.exit().await;
    let again = Program::start(&world).await;
    let token = world.token("orders:read");
    let kept: Value = Client::new()
        .get(format!("{}/orders", again.url))
        .bearer_auth(&token)
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("orders");

    assert_eq!(status.code(), Some(0));
    assert!(
        streamed.contains(order["id"].as_str().expect("an id")),
        "{streamed}"
    );
    assert_eq!(kept[0]["id"], order["id"]);
}

#[tokio::test]
async fn sighup_reads_the_settings_again_and_keeps_the_old_ones_after_a_mistake() {
    let world = World::new("sighup");
    world.write("config/dev.toml", "[app]\nmember_discount = 10\n");
    let mut program = Program::start(&world).await;
    let token = world.token("orders:read");
    let price = async || {
        let request = Client::new().get(format!("http://{}/products/tea", world.listen));
        let response = request.bearer_auth(&token).send().await.expect("an answer");
        response.json::<Value>().await.expect("a product")["your_price_cents"].clone()
    };

    let before = price().await;
    world.write("config/dev.toml", "[app]\nmember_discount = 50\n");
    program.signal("HUP");
    program
        .wait_for(&world.admin, "/metrics", reloads("ok"))
        .await;
    let after = price().await;
    world.write("config/dev.toml", "[app]\nmember_discount = 101\n");
    program.signal("HUP");
    program
        .wait_for(&world.admin, "/metrics", reloads("failed"))
        .await;
    let kept = price().await;

    assert_eq!(before, 621);
    assert_eq!(after, 345);
    assert_eq!(kept, 345);
}

/// Whether the metrics count one reload with this result.
fn reloads(result: &str) -> impl Fn(u16, &str) -> bool {
    let line = format!("config_reloads_total{{result=\"{result}\"}} 1\n");
    move |_, metrics| metrics.contains(&line)
}

#[test]
fn a_wrong_setting_ends_the_program_with_78() {
    let world = World::new("wrong-setting");
    world.write("config/dev.toml", "[app]\nmember_discount = 101\n");

    let (code, output) = world.run(&["serve"]);

    assert_eq!(code, Some(78), "{output}");
    assert!(output.contains("must be from 0 to 100"), "{output}");
    assert!(output.contains("config/dev.toml"), "{output}");
}

#[test]
fn a_database_that_cannot_be_opened_ends_the_program_with_1() {
    let world = World::new("no-database");
    world.write(
        "config/dev.toml",
        "[app]\ndatabase_url = \"sqlite://nowhere/shop.db\"\n",
    );

    let (code, output) = world.run(&["serve"]);

    assert_eq!(code, Some(1), "{output}");
    let expected = "error: the application cannot start\n  because the database of \
                    `app.database_url` cannot be opened: ";
    assert!(output.contains(expected), "{output}");
}

#[tokio::test]
async fn products_are_imported_all_or_none() {
    let world = World::new("import");
    world.write("good.csv", "kettle,4900,12,\"Kettle\", 1.7 l\n");
    world.write("bad.csv", "mug,900,30,Mug\nspoon,free,1,Spoon\n");

    let (good, _) = world.run(&["import", "good.csv"]);
    let (bad, error) = world.run(&["import", "bad.csv"]);
    let mut program = Program::start(&world).await;

    assert_eq!(good, Some(0));
    assert_eq!(bad, Some(1));
    assert!(error.contains("line 2"), "{error}");
    program
        .wait_for(&world.listen, "/products/kettle", |status, _| status == 200)
        .await;
    program
        .wait_for(&world.listen, "/products/mug", |status, _| status == 404)
        .await;
}

const WAIT: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(20);
