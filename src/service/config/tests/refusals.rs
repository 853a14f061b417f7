use super::load_file;

/// Name of the row, a file that is refused, the key and the fault that is reported, and a twin
/// that is accepted.
type Refusal = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

// A row is a line, however long: columns are read downwards.
#[rustfmt::skip]
const REFUSALS: &[Refusal] = &[
    ("plain http", "issuer.url = 'http://id.example'", "issuer.url", "must be https", "issuer.url = 'https://id.example'"),
    ("no audience", "issuer.audience = ''", "issuer.audience", "must not be empty", "issuer.audience = 'a'"),
    ("a number for text", "issuer.audience = 1", "issuer.audience", "must be a string", "issuer.audience = '1'"),
    ("too much leeway", "issuer.leeway = '301s'", "issuer.leeway", "is too long", "issuer.leeway = '300s'"),
    ("no unit", "issuer.leeway = 60", "issuer.leeway", "must be a duration", "issuer.leeway = '0s'"),
    ("no cooldown", "issuer.cooldown = '0s'", "issuer.cooldown", "is too short", "issuer.cooldown = '1ms'"),
    ("refresh beyond an hour", "issuer.refresh_max = '61m'", "issuer.refresh_max", "is too long", "issuer.refresh_max = '1h'"),
    ("refresh upside down", "issuer.refresh_min = '6m'", "issuer.refresh_min", "must not be longer", "issuer.refresh_min = '5m'"),
    ("a placeholder of Okta's documentation", "issuer.url = 'https://{yourOktaDomain}/oauth2/default'", "issuer.url", "must be filled in", "issuer.url = 'https://dev-1.okta.com/oauth2/default'"),
    ("a placeholder for the audience", "issuer.audience = '{audience}'", "issuer.audience", "must be filled in", "issuer.audience = 'api://{1}'"),
    ("a placeholder for the client", "client.id = '{clientId}'", "client.id", "must be filled in", "client.id = 'clientId'"),
    ("a variable for the client", "client.id = '${CLIENT_ID}'", "client.id", "must be filled in", "client.id = '$CLIENT_ID'"),
    ("a placeholder for the client of the pages", "docs.client_id = '<your client id>'", "docs.client_id", "must be filled in", "docs.client_id = 'client-id'"),
    ("a placeholder for the secret", "client.secret = '{clientSecret}'", "client.secret", "must be filled in", "client.secret = 'x{clientSecret}'"),
    ("an unknown client authentication", "client.auth = 'private_key_jwt'", "client.auth", "must be a method of client authentication", "client.auth = 'client_secret_post'"),
    ("a resource that is no URI", "client.resource = 'api'", "client.resource", "must list absolute URIs", "client.resource = ['https://api.example', 'urn:a:b']"),
    ("a resource with a fragment", "client.resource = 'https://api.example#a'", "client.resource", "must list absolute URIs", "client.resource = 'https://api.example?a'"),
    ("an unknown algorithm", "issuer.algorithms = 'RS256, HS256'", "issuer.algorithms", "must list signature algorithms", "issuer.algorithms = 'RS256, ES256'"),
    ("a URL for a host", "issuer.jwks_hosts = ['https://k.example']", "issuer.jwks_hosts", "must list hosts", "issuer.jwks_hosts = ['k.example']"),
    ("a port on a host", "issuer.jwks_hosts = 'k.example:1'", "issuer.jwks_hosts", "must list hosts", "issuer.jwks_hosts = 'k.example,l.example'"),
    ("a name to listen on", "http.listen = 'localhost:1'", "http.listen", "must be an address", "http.listen = '[::1]:1'"),
    ("no connections", "http.max_connections = 0", "http.max_connections", "must be a whole number", "http.max_connections = 1"),
    ("half a connection", "http.max_connections = 1.5", "http.max_connections", "must be a whole number", "http.max_connections = '1'"),
    ("a query", "http.public_url = 'https://a.example?b'", "http.public_url", "must have neither", "http.public_url = 'https://a.example/b'"),
    ("no web address", "http.public_url = 'a.example'", "http.public_url", "must be an http or https URL", "http.public_url = 'http://a.example'"),
    ("a denylist by the millisecond", "denylist.max_age = '999ms'", "denylist.max_age", "is too short", "denylist.max_age = '1s'"),
    ("a token that can be guessed", "denylist.token = 'secret'", "denylist.token", "must have at least 32", "denylist.token = '0123456789abcdef0123456789abcdef'"),
    ("a token that cannot be sent", "denylist.token = '0123456789abcdef 0123456789abcdef!'", "denylist.token", "must not contain characters", "denylist.token = '0123456789-._~+/0123456789abcdef=='"),
    ("a Redis by http", "denylist.redis_url = 'http://127.0.0.1'", "denylist.redis_url", "must be the URL of a Redis server", "denylist.redis_url = 'redis://127.0.0.1'"),
    ("another way to fail", "denylist.on_failure = 'open'", "denylist.on_failure", "must be `last_known` or", "denylist.on_failure = 'refuse'"),
    ("no room for denials", "denylist.max_entries = 0", "denylist.max_entries", "must be a whole number", "denylist.max_entries = 1"),
    ("a collector by gRPC's port alone", "telemetry.otlp_endpoint = '127.0.0.1:4317'", "telemetry.otlp_endpoint", "must be an http or https URL", "telemetry.otlp_endpoint = 'http://127.0.0.1:4318'"),
    ("a collector's password", "telemetry.otlp_endpoint = 'https://a:b@c.example'", "telemetry.otlp_endpoint", "must not contain a user name", "telemetry.otlp_endpoint = 'https://c.example/otlp'"),
    ("a header without a value", "telemetry.otlp_headers = 'secret'", "telemetry.otlp_headers", "must list header fields", "telemetry.otlp_headers = 'api-key=secret'"),
    ("a header over two lines", "telemetry.otlp_headers = 'a=b%0D%0Ac'", "telemetry.otlp_headers", "must list header fields", "telemetry.otlp_headers = 'a=b%20c,d=e=f'"),
    ("more than all", "telemetry.sample_ratio = 1.1", "telemetry.sample_ratio", "must be a number from 0 to 1", "telemetry.sample_ratio = 1"),
    ("less than none", "telemetry.sample_ratio = '-0.1'", "telemetry.sample_ratio", "must be a number from 0 to 1", "telemetry.sample_ratio = '0.1'"),
    ("a part that is no number", "telemetry.sample_ratio = 'nan'", "telemetry.sample_ratio", "must be a number from 0 to 1", "telemetry.sample_ratio = 0.0"),
    ("metrics nowhere", "admin.listen = 'none'", "admin.listen", "must be an address", "admin.listen = 'off'"),
    ("embedded issuer for all", "dev.listen = '0.0.0.0:3001'", "dev.listen", "must be a loopback address", "dev.listen = '127.0.0.2:3001'"),
    ("two listeners, one address", "admin.listen = '127.0.0.1:3000'", "admin.listen", "must not share", "admin.listen = '127.0.0.2:3000'"),
    ("one listener on every address", "http.listen = '0.0.0.0:3001'", "dev.listen", "must not share", "http.listen = '0.0.0.0:3001'\nissuer.url = 'https://id.example'"),
    ("listeners on any port", "admin.listen = '127.0.0.1:9'\nhttp.listen = '127.0.0.1:9'", "admin.listen", "must not share", "admin.listen = '127.0.0.1:0'\nhttp.listen = '127.0.0.1:0'"),
    ("any origin", "cors.allowed_origins = ['*']", "cors.allowed_origins", "must list exact", "cors.allowed_origins = []"),
    ("any host of an origin", "cors.allowed_origins = ['https://*.a.example']", "cors.allowed_origins", "must list exact", "cors.allowed_origins = ['https://b.a.example']"),
    ("origin null", "cors.allowed_origins = ['null']", "cors.allowed_origins", "must list exact", "cors.allowed_origins = ['https://null']"),
    ("origin with a path", "cors.allowed_origins = ['https://a.example/']", "cors.allowed_origins", "must list exact", "cors.allowed_origins = ['https://a.example']"),
    ("origin with its own port", "cors.allowed_origins = ['https://a.example:443']", "cors.allowed_origins", "must list exact", "cors.allowed_origins = ['https://a.example:444']"),
    ("no such mode", "access.mode = 'none'", "access.mode", "must be `declared` or", "access.mode = 'all'"),
    ("a list of numbers", "access.anonymous = [1]", "access.anonymous", "must be a string", "access.anonymous = ['1']"),
    ("a realm over two lines", "access.realm = \"a\\nb\"", "access.realm", "must not contain control", "access.realm = 'a \"b\"'"),
    ("a realm beyond ASCII", "access.realm = 'é'", "access.realm", "must be ASCII", "access.realm = 'e'"),
    ("a quote in a scope", "access.operations.a.scopes = ['b\"']", "access.operations.a.scopes", "must list scopes", "access.operations.a.scopes = ['b,c']"),
    ("a quote in a set of scopes", "access.tags.a.any_of_scopes = ['b c\"']", "access.tags.a.any_of_scopes", "must list scopes", "access.tags.a.any_of_scopes = ['b c', 'd']"),
    ("a tag without a name", "access.tags.''.scopes = []", "access.tags.\"\".scopes", "must name a tag", "access.tags.a.scopes = ['b c']"),
    ("a tag twice", "access.tags.a.scopes = []\naccess.tags.A.scopes = []", "access.tags.a", "is written as \"A\" and as \"a\", which are one tag", "access.tags.A.scopes = []\naccess.tags.A.clients = 'c'"),
    ("a path prefix without a name", "access.paths.''.scopes = []", "access.paths.\"\".scopes", "must name a path prefix", "access.paths.'/a.b'.scopes = []"),
    ("an unknown requirement", "access.all.scope = 'a'", "access.all.scope", "is not a setting", "access.all.scopes = 'a'"),
    ("a class with a space", "access.all.acr = ['a b']", "access.all.acr", "must list values of `acr`", "access.all.acr = ['a', 'b']"),
    ("no time for a sign-in", "access.all.max_age = '0s'", "access.all.max_age", "is too short", "access.all.max_age = '5m'"),
    ("a time without a unit", "access.all.max_age = 300", "access.all.max_age", "must be a duration", "access.all.max_age = ''"),
    ("an owner without a parameter", "access.all.owner.'' = 'a'", "access.all.owner.\"\"", "must name a parameter", "access.all.owner.a = 'b/c'"),
    ("an owner without a claim", "access.all.owner.a = ''", "access.all.owner.a", "must not be empty", "access.all.owner.a = 'b'"),
    ("an owner by two claims", "access.all.owner.a = ['b', 'c']", "access.all.owner.a", "must be a string", "access.all.owner.a = 'b'"),
    ("a refused claim without values", "access.all.not_claims.a = []", "access.all.not_claims.a", "must list at least one", "access.all.not_claims.a = [1, true, 'b', 1.5]"),
    ("a table as the value of a claim", "access.all.claims.a = [{ b = 1 }]", "access.all.claims.a", "must be a string", "access.all.claims.'a/b' = [1]"),
    ("a scope that cannot be one", "access.scopes_imply.'a b' = 'c'", "access.scopes_imply.\"a b\"", "must name a scope", "access.scopes_imply.'a:b' = 'c d'"),
    ("clients in a table", "access.all.clients.a = 1", "access.all.clients", "must be a list of strings", "access.all.clients = []"),
    ("an operation without a name", "access.operations.''.scopes = []", "access.operations.\"\".scopes", "must name an operation", "access.operations.a.scopes = []"),
    ("a claim without a name", "access.operations.a.claims.'' = ['b']", "access.operations.a.claims.\"\"", "must name a claim", "access.operations.a.claims.b = ['b']"),
    ("a claim without values", "access.operations.a.claims.b = []", "access.operations.a.claims.b", "must list at least one", "access.operations.a.claims.b = 'c'"),
    ("an operation twice", "access.operations.a.scopes = []\naccess.operations.A.scopes = []", "access.operations.a", "is written as \"A\" and as \"a\"", "access.operations.A.scopes = []\naccess.operations.A.claims.b = 'c'"),
    ("an operation in two spellings", "[access.operations.List]\nscopes = []\n[access.operations.list.claims]\nb = 'c'", "access.operations.list", "is written as \"List\" and as \"list\"", "[access.operations.List]\nscopes = []\n[access.operations.List.claims]\nb = 'c'"),
    ("limits in two spellings", "[operations.List]\nrequest_timeout = '1s'\n[operations.LIST]\nmax_body_size = '2KiB'", "operations.list", "is written as \"LIST\" and as \"List\"", "[operations.List]\nrequest_timeout = '1s'\n[access.operations.LIST]\nscopes = 'a'"),
    ("a contact by name", "docs.contact = 'the team'", "docs.contact", "must be an https URL or", "docs.contact = 'team@a.example'"),
    ("a contact in the clear", "docs.contact = 'http://a.example'", "docs.contact", "must be an https URL or", "docs.contact = 'https://a.example'"),
    ("a quote in an offered scope", "docs.scopes = ['b\"']", "docs.scopes", "must list scopes", "docs.scopes = 'b c'"),
    ("a rate without a time", "rate.refusals = '100'", "rate.refusals", "must be a number of calls and a time", "rate.refusals = '100/1m'"),
    ("a rate of nothing", "rate.calls = '0/1m'", "rate.calls", "must be a number of calls and a time", "rate.calls = 'off'"),
    ("a rate in no time", "rate.calls = '1/0s'", "rate.calls", "is too short", "rate.calls = '1/1s'"),
    ("a name for a proxy", "http.trusted_proxies = 'proxy.example'", "http.trusted_proxies", "must list addresses", "http.trusted_proxies = '10.0.0.0/8 ::1 unix'"),
    ("another header of proxies", "http.forwarded_header = 'X-Real-IP'", "http.forwarded_header", "must be `X-Forwarded-For` or", "http.forwarded_header = 'forwarded'"),
    ("a mode in words", "http.socket_mode = 'u=rw'", "http.socket_mode", "must be the mode of a file", "http.socket_mode = '0600'"),
    ("a mode that is a number", "http.socket_mode = 660", "http.socket_mode", "must be the mode of a file", "http.socket_mode = '660'"),
    ("a mode beyond permissions", "http.socket_mode = '4666'", "http.socket_mode", "must be the mode of a file", "http.socket_mode = '0666'"),
    ("the type of ID tokens", "issuer.token_types = ['id_token+jwt']", "issuer.token_types", "must list types of access", "issuer.token_types = 'AT+JWT, jwt'"),
    ("a relative socket", "http.listen = 'unix:a.sock'", "http.listen", "must be an absolute path", "http.listen = 'unix:/a.sock'"),
    ("a certificate without a key", "http.tls.cert = '/a'", "http.tls.key", "must be set together", "http.tls.cert = '/a'\nhttp.tls.key = '/b'"),
    ("an authority without a certificate", "http.tls.client_ca = '/a'", "http.tls.cert", "must be set together", "http.tls.client_ca = '/a'\nhttp.tls.cert = '/b'\nhttp.tls.key = '/c'"),
    ("a head too small for hyper", "http.max_head_size = '4KiB'", "http.max_head_size", "must be a size", "http.max_head_size = '8KiB'"),
    ("a body without end", "http.max_body_size = '2GiB'", "http.max_body_size", "must be a size", "http.max_body_size = '1GiB'"),
    ("no time for an upgraded connection", "http.upgraded_idle_timeout = '0s'", "http.upgraded_idle_timeout", "is too short", "http.upgraded_idle_timeout = '1s'"),
    ("no upgraded connections", "http.max_upgraded = 0", "http.max_upgraded", "must be a whole number", "http.max_upgraded = 1"),
    ("a message without end", "http.max_message_size = '2GiB'", "http.max_message_size", "must be a size", "http.max_message_size = '1GiB'"),
    ("any header field", "cors.expose_headers = ['*']", "cors.expose_headers", "must list header fields", "cors.expose_headers = ['X-Total']"),
    ("a header field with a colon", "cors.expose_headers = 'x-total:'", "cors.expose_headers", "must list header fields", "cors.expose_headers = 'x-total, x-next'"),
    ("half a document", "docs.enabled = 'some'", "docs.enabled", "must be true or false", "docs.enabled = 'false'"),
    ("an operation's body without end", "operations.a.max_body_size = '2GiB'", "operations.a.max_body_size", "must be a size", "operations.a.max_body_size = '1GiB'"),
    ("no time for an operation", "operations.a.request_timeout = '0s'", "operations.a.request_timeout", "is too short", "operations.a.request_timeout = '1ms'"),
    ("limits without an operation", "operations.''.request_timeout = '1s'", "operations.\"\".request_timeout", "must name an operation", "operations.a.request_timeout = ''"),
    ("an operation's limits twice", "operations.a.request_timeout = '1s'\noperations.A.request_timeout = '2s'", "operations.a", "is written as \"A\" and as \"a\"", "operations.A.request_timeout = '1s'\noperations.A.max_body_size = '2KiB'"),
    ("an unknown limit of an operation", "operations.a.max_head_size = '1KiB'", "operations.a.max_head_size", "is not a setting", "operations.a.max_body_size = '1KiB'"),
    ("no stream at all", "http.max_streams = 0", "http.max_streams", "must be a whole number", "http.max_streams = 1"),
    ("few header fields", "http.max_header_fields = 1", "http.max_header_fields", "must be a whole number", "http.max_header_fields = 16"),
    ("no such log format", "log.format = 'xml'", "log.format", "must be `text` or `json`", "log.format = 'json'"),
    ("a value for a section", "http = 'a'", "http", "is a section", "http.listen = '127.0.0.1:1'"),
    ("a section for a value", "http.listen.port = 1", "http.listen", "must be an address", "http.listen = '127.0.0.1:0'"),
    ("a date for text", "issuer.audience = 2026-01-01", "issuer.audience", "must be a string", "issuer.audience = '2026-01-01'"),
    ("an unknown key", "http.port = 1", "http.port", "is not a setting", "http.listen = '127.0.0.1:1'"),
];

#[test]
fn each_refusal_has_an_accepted_twin() {
    for &(row, refused, key, fault, accepted) in REFUSALS {
        let error = load_file(refused).expect_err(row);
        assert_eq!(error.problems().len(), 1, "{row}: {error}");
        let problem = &error.problems()[0];
        assert_eq!(problem.key(), Some(key), "{row}");
        assert!(!problem.source().is_empty(), "{row}");
        assert!(problem.fix().is_some(), "{row}: {error}");
        let start = format!("`{key}` {fault}");
        assert!(error.to_string().starts_with(&start), "{row}: {error}");

        let config = load_file(accepted);
        assert!(config.is_ok(), "twin of {row}: {config:?}");
    }
}
