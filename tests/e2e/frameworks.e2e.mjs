// `check` against two frameworks, Fastify and FastAPI: it finds each fault of a list in both, finds
// no fault in a correct API, and says "incomplete" where it gets no token.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { freePort, run, start, startService } from './harness.mjs';

const ORIGIN = 'https://app.test';
const PYTHON = path.join(process.env.VENV ?? '/nowhere', 'bin/python');
const FILES = path.join(import.meta.dirname, 'frameworks');
const SIGNATURE = [
  'signature_changed', 'signature_removed', 'unsigned', 'public_key_as_secret', 'payload_changed',
  'unknown_key', 'critical_header', 'own_key', 'linked_key',
];

// What `check` must find of each fault, and nothing else; warnings are in brackets.
const FAULTS = {
  correct: [],
  verifies_nothing: [
    ...SIGNATURE, 'expired', 'not_yet_valid', 'other_audience', 'other_issuer', 'garbage', 'wrong_status',
  ],
  accepts_none: ['unsigned'],
  accepts_none_in_capitals: ['unsigned'],
  takes_public_key_as_secret: ['public_key_as_secret'],
  skips_audience: ['other_audience'],
  skips_issuer: ['other_issuer'],
  skips_expiry: ['expired'],
  skips_start: ['not_yet_valid'],
  follows_jku: ['linked_key'],
  takes_key_of_token: ['own_key'],
  fails_on_garbage: ['server_error'],
  shows_a_stack_trace: ['server_error', 'stack_trace'],
  closes_on_garbage: ['no_answer'],
  guards_the_wrong_route: ['no_credentials', 'open_operation'],
  guards_one_spelling: ['other_name'],
  sends_no_challenge: ['no_challenge'],
  refuses_with_403: ['wrong_status'],
  redirects: ['wrong_status'],
  echoes: ['echo'],
  opens_to_every_origin: ['foreign_origin'],
  compares_the_end_of_origins: ['foreign_origin'],
  guards_before_cors: ['allowed_origin'],
  requires_no_scope: ['missing_scope'],
  names_no_scope: ['(error_code)', '(missing_scope)'],
  takes_token_from_url: ['token_in_query'],
  ignores_cnf: ['(bound_as_bearer)'],
  takes_the_first_header: ['two_headers'],
  refuses_all: ['good_token'],
  slow_over_unknown_keys: ['slow'],
  document_is_wrong: ['no_credentials', 'open_operation'],
  lacks_a_path_parameter: ['document'],
};

const FRAMEWORKS = {
  Fastify: [process.execPath, path.join(FILES, 'fastify.mjs')],
  FastAPI: [PYTHON, path.join(FILES, 'fastapi_app.py')],
};

/** The API of a framework, which trusts the embedded issuer on this port. */
async function startApi(framework, issuerPort) {
  const [command, ...args] = FRAMEWORKS[framework];
  const port = await freePort();
  const api = start(command, args, {
    PORT: port,
    ISSUER: `http://127.0.0.1:${issuerPort}/oauth2/default`,
    AUDIENCE: 'api://default',
    ORIGIN,
    FAULTS: Object.keys(FAULTS).join(' '),
  });
  const url = `http://127.0.0.1:${port}`;
  await api.ready(`${url}/correct/openapi.json`);
  return { ...api, url };
}

const check = (url, issuerPort, ...args) =>
  run(['check', '--url', url, '--origin', ORIGIN, ...args], {
    RESOURCE_SERVER_DEV__LISTEN: `127.0.0.1:${issuerPort}`,
  });

function found(stdout) {
  const { outcomes } = JSON.parse(stdout);
  const faults = outcomes.flatMap((it) => it.faults);
  const names = faults.map((it) => (it.severity === 'fault' ? it.check : `(${it.check})`));
  return [...new Set(names)].sort();
}

for (const framework of Object.keys(FRAMEWORKS)) {
  describe(framework, () => {
    let issuerPort;
    let service;
    let api;
    before(async () => {
      issuerPort = await freePort();
      service = await startService({ RESOURCE_SERVER_DEV__LISTEN: `127.0.0.1:${issuerPort}` });
      api = await startApi(framework, issuerPort);
    });
    after(async () => {
      await api?.stop();
      await service?.stop();
    });

    for (const [fault, expected] of Object.entries(FAULTS)) {
      test(`${fault}: ${expected.length ? 'it is found' : 'nothing is found'}`, async () => {
        const url = `${api.url}/${fault}`;

        const { code, stdout, stderr } = await check(
          url, issuerPort, '--with-embedded-issuer', '--format', 'json',
        );

        assert.deepEqual(found(stdout), [...expected].sort(), stdout + stderr);
        const is_secure = expected.every((it) => it.startsWith('('));
        assert.equal(JSON.parse(stdout).verdict, is_secure ? 'secure' : 'faulty', stdout);
        assert.equal(code, is_secure ? 0 : 1);
      });
    }

    test('without a token the verdict is incomplete, whatever the API does', async () => {
      for (const fault of ['correct', 'skips_audience', 'accepts_none', 'follows_jku']) {
        const nobody = await freePort();
        const client = ['--client-id', 'svc', '--client-secret', 'svc-secret'];
        const issuer = `http://127.0.0.1:${nobody}/oauth2/default`;

        const none = await check(`${api.url}/${fault}`, nobody);
        const unreachable = await check(`${api.url}/${fault}`, nobody, '--issuer', issuer, ...client);

        assert.equal(none.code, 3, none.stdout + none.stderr);
        assert.match(none.stdout, /^INCOMPLETE: this does not show that the API is secure\./);
        assert.match(none.stdout, /no issuer is set/);
        assert.equal(unreachable.code, 69, unreachable.stdout + unreachable.stderr);
        assert.match(unreachable.stdout, /^INCOMPLETE: /);
        assert.match(unreachable.stdout, /There is no good token: the issuer \S+\s+cannot be used:/);
      }
    });

    test('the check runs the embedded issuer if no service does', async () => {
      const own = await freePort();
      const other = await startApi(framework, own);

      const { code, stdout, stderr } = await check(`${other.url}/correct`, own, '--with-embedded-issuer');

      await other.stop();
      assert.equal(code, 0, stdout + stderr);
      assert.match(stdout, /^SECURE: all \d+ checks /);
      assert.match(stderr, /^runs the embedded issuer at http:/);
    });
  });
}
