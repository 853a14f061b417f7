// Tokens that are bound to a key (RFC 9449), with second opinions: npm `oidc-provider` issues them,
// npm `dpop` and `oauth4webapi` make the proofs, and `oauth4webapi` judges the same requests as the
// service. The proofs of our command `proof` are judged by both, and by the userinfo endpoint of
// `oidc-provider`.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import * as dpop from 'dpop';
import { SignJWT, calculateJwkThumbprint, exportJWK } from 'jose';
import * as oauth from 'oauth4webapi';
import { BIN, bearer, call, fetchToken, freePort, run, scratch, settings, start, startIssuer, startService, tampered } from './harness.mjs';

const ALGORITHMS = ['ES256', 'Ed25519', 'RS256', 'PS256'];
const INSECURE = { [oauth.allowInsecureRequests]: true };
const payload = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
const mode = (file) => fs.statSync(file).mode & 0o777;
const curl = spawnSync('curl', ['--version']).status === 0;

/** A token that is bound to `keys`, by the client-credentials grant with a nonce. */
async function boundToken(issuer, keys, form = {}) {
  const endpoint = `${issuer.url}/token`;
  const request = async (nonce) =>
    call(endpoint, {
      method: 'POST',
      headers: {
        authorization: `Basic ${btoa('svc:svc-secret')}`,
        'content-type': 'application/x-www-form-urlencoded',
        dpop: await dpop.generateProof(keys, endpoint, 'POST', nonce),
      },
      body: new URLSearchParams({ grant_type: 'client_credentials', ...form }).toString(),
    });
  let response = await request();
  if (response.headers['dpop-nonce']) response = await request(response.headers['dpop-nonce']);
  assert.equal(response.status, 200, response.text);
  assert.equal(response.json().token_type, 'DPoP');
  return response.json().access_token;
}

/** The parts of a good proof, so that a row can change one of them. */
async function parts(keys, token, url, method = 'GET') {
  return {
    header: { typ: 'dpop+jwt', alg: 'ES256', jwk: await exportJWK(keys.publicKey) },
    claims: {
      htm: method,
      htu: url,
      iat: Math.floor(Date.now() / 1000),
      jti: crypto.randomUUID(),
      ath: crypto.createHash('sha256').update(token).digest('base64url'),
    },
    key: keys.privateKey,
  };
}

const sign = ({ header, claims, key }) => new SignJWT(claims).setProtectedHeader(header).sign(key);

describe('bound tokens', () => {
  let issuer;
  let service;
  let url;
  let keys;
  let token;
  let as;
  const env = () => ({
    ...settings(issuer),
    HOME: home,
    RESOURCE_SERVER_CLIENT__ID: 'bound',
    RESOURCE_SERVER_CLIENT__SECRET: 'bound-secret',
    RESOURCE_SERVER_CLIENT__SCOPE: 'profile:read',
  });
  const home = fs.mkdtempSync(path.join(scratch, 'home-'));
  const keyFile = path.join(home, '.local/state/poem-resource-server/dpop-key.pem');
  const redirectPort = freePort();
  before(async () => {
    issuer = await startIssuer({ dpop: 'nonce', redirectUri: `http://127.0.0.1:${await redirectPort}/cb` });
    service = await startService(settings(issuer));
    url = `${service.url}/api/whoami`;
    keys = await dpop.generateKeyPair('ES256', { extractable: true });
    token = await boundToken(issuer, keys, { scope: 'profile:read' });
    as = (await call(`${issuer.url}/.well-known/openid-configuration`)).json();
  });
  after(async () => {
    await service?.stop();
    await issuer?.stop();
  });

  const send = (token, proof, scheme = 'DPoP', target = url) =>
    call(target, { headers: { authorization: `${scheme} ${token}`, ...(proof ? { dpop: proof } : {}) } });

  /** What `oauth4webapi` says of the same request: null, or why it refuses. */
  const secondOpinion = async (token, proof, scheme = 'DPoP') => {
    const headers = new Headers({ authorization: `${scheme} ${token}` });
    for (const it of [proof ?? []].flat()) headers.append('dpop', it);
    const request = new Request(url, { headers });
    const options = { ...INSECURE, requireDPoP: scheme === 'DPoP' };
    return oauth.validateJwtAccessToken(as, request, 'api://default', options).then(() => null, (error) => error.message);
  };

  for (const alg of ALGORITHMS) {
    test(`a proof of npm dpop with ${alg} is accepted, and so is the next one`, async () => {
      const own = await dpop.generateKeyPair(alg, { extractable: true });
      const token = await boundToken(issuer, own, { scope: 'profile:read' });

      for (const query of ['', '?page=2']) {
        const proof = await dpop.generateProof(own, url, 'GET', undefined, token);
        const answer = await send(token, proof, 'DPoP', url + query);

        assert.equal(answer.status, 200, answer.text);
        assert.equal(answer.json().subject, 'svc');
      }
    });
  }

  test('a request of oauth4webapi is accepted', async () => {
    const handle = oauth.DPoP({ client_id: 'svc' }, keys);

    const options = { DPoP: handle, ...INSECURE };
    const answer = await oauth.protectedResourceRequest(token, 'GET', new URL(url), undefined, undefined, options);

    assert.equal(answer.status, 200);
  });

  // A change of a good proof, our reason, and whether oauth4webapi can judge it.
  const rows = [
    ['nothing', (it) => it, null],
    ['another method', (it) => (it.claims.htm = 'POST'), 'proof_wrong_method'],
    ['the method in lower case', (it) => (it.claims.htm = 'get'), 'proof_wrong_method'],
    ['another path', (it) => (it.claims.htu += '/'), 'proof_wrong_url'],
    ['another port', (it) => (it.claims.htu = it.claims.htu.replace(/:\d+/, ':1')), 'proof_wrong_url'],
    ['no URL', (it) => (it.claims.htu = '/api/whoami'), 'proof_wrong_url'],
    ['no htm', (it) => delete it.claims.htm, 'missing_htm'],
    ['no htu', (it) => delete it.claims.htu, 'missing_htu'],
    ['no jti', (it) => delete it.claims.jti, 'missing_jti'],
    ['no iat', (it) => delete it.claims.iat, 'missing_iat'],
    ['no ath', (it) => delete it.claims.ath, 'missing_ath'],
    ['the digest of another token', (it) => (it.claims.ath = it.claims.ath.split('').reverse().join('').slice(0, 42) + 'A'), 'proof_wrong_token'],
    ['an hour ago', (it) => (it.claims.iat -= 3600), 'proof_expired'],
    ['in an hour', (it) => (it.claims.iat += 3600), 'proof_issued_in_future'],
    ['milliseconds', (it) => (it.claims.iat *= 1000), 'malformed_iat'],
    ['the type of an access token', (it) => (it.header.typ = 'at+jwt'), 'proof_wrong_type'],
    ['no type', (it) => delete it.header.typ, 'proof_wrong_type'],
    ['no key', (it) => delete it.header.jwk, 'proof_without_key'],
    ['a private key', async (it) => (it.header.jwk = await exportJWK(it.key)), 'proof_with_private_key'],
    ['a critical member', (it) => (it.header = { ...it.header, crit: ['exp'], exp: 1 }), 'proof_critical_header', false],
    ['the key of a thief', async (it) => {
      const thief = await dpop.generateKeyPair('ES256', { extractable: true });
      it.key = thief.privateKey;
      it.header.jwk = await exportJWK(thief.publicKey);
    }, 'proof_wrong_key'],
    ['the signature of a thief', async (it) => (it.key = (await dpop.generateKeyPair('ES256')).privateKey), 'proof_bad_signature'],
  ];
  for (const [name, change, reason, isJudged = true] of rows) {
    test(`a proof with ${name} is ${reason ? `refused with ${reason}` : 'accepted'}, by both`, async () => {
      const changed = await parts(keys, token, url);
      await change(changed);
      // jose itself refuses to sign some of them.
      const proof = changed.header.crit ? await signedByHand(changed) : await sign(changed);

      const answer = await send(token, proof);
      const other = isJudged && (await secondOpinion(token, proof));

      assert.equal(answer.status, reason ? 401 : 200, answer.text);
      if (reason) {
        assert.equal(answer.json().reason, reason);
        assert.match(answer.headers['www-authenticate'], /DPoP .*error="(invalid_dpop_proof|invalid_token)"/);
      }
      if (isJudged) assert.equal(other === null, reason === null, `oauth4webapi: ${other}`);
    });
  }

  async function signedByHand({ header, claims, key }) {
    const part = (it) => Buffer.from(JSON.stringify(it)).toString('base64url');
    const signed = `${part(header)}.${part(claims)}`;
    const algorithm = { name: 'ECDSA', hash: 'SHA-256' };
    const signature = await crypto.subtle.sign(algorithm, key, Buffer.from(signed));
    return `${signed}.${Buffer.from(signature).toString('base64url')}`;
  }

  test('a proof is accepted once', async () => {
    const proof = await dpop.generateProof(keys, url, 'GET', undefined, token);

    const answers = [await send(token, proof), await send(token, proof)];

    assert.deepEqual(answers.map((it) => it.status), [200, 401]);
    assert.equal(answers[1].json().reason, 'proof_replayed');
  });

  test('the scheme, the proof and the token must fit each other', async () => {
    const proof = () => dpop.generateProof(keys, url, 'GET', undefined, token);
    const unbound = await fetchToken(issuer, { scope: 'profile:read' });
    const altered = tampered(token);
    const ofAltered = await dpop.generateProof(keys, url, 'GET', undefined, altered);
    const ofUnbound = await dpop.generateProof(keys, url, 'GET', undefined, unbound);
    const one = await proof();

    for (const [token_, proof_, scheme, reason] of [
      [token, await proof(), 'Bearer', 'proof_required'],
      [token, undefined, 'Bearer', 'proof_required'],
      [token, undefined, 'DPoP', 'missing_proof'],
      [token, [one, await proof()], 'DPoP', 'repeated_proof'],
      [token, `${one}, ${one}`, 'DPoP', 'malformed_proof'],
      [token, token, 'DPoP', 'proof_wrong_type'],
      [altered, ofAltered, 'DPoP', 'bad_signature'],
      [unbound, ofUnbound, 'DPoP', 'not_bound'],
      [unbound, undefined, 'Bearer', null],
      [token, await proof(), 'dpop', null],
    ]) {
      const answer = await send(token_, proof_, scheme);

      assert.equal(answer.status, reason ? 401 : 200, `${scheme} ${reason}: ${answer.text}`);
      if (reason) assert.equal(answer.json().reason, reason);
    }
  });

  test('`token --dpop` prints a bound token alone, and keeps its key for its owner', async () => {
    const first = await run(['token', '--dpop'], env());
    const second = await run(['token', '--dpop'], env());

    assert.equal(first.code, 0, first.stderr);
    assert.match(first.stdout, /^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    assert.match(first.stderr, /bound to the key in .*dpop-key\.pem[^]*curl -H "Authorization: DPoP/);
    assert.equal(mode(keyFile), 0o600);
    assert.equal(mode(path.dirname(keyFile)), 0o700);
    const jkt = (it) => payload(it.stdout).cnf.jkt;
    assert.equal(jkt(first), jkt(second));
    const jwk = await exportJWK(crypto.createPublicKey(fs.readFileSync(keyFile)));
    assert.equal(jkt(first), await calculateJwkThumbprint(jwk));
  });

  test('without --dpop, the refusal of a client that must use DPoP names the flag', async () => {
    const { code, stdout, stderr } = await run(['token'], env());

    assert.equal(code, 1, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, /token --dpop/);
  });

  for (const umask of ['0000', '0777']) {
    test(`the file of a key has the mode 0600 with umask ${umask}`, async () => {
      const file = path.join(scratch, `key-${umask}.pem`);
      const script = `umask ${umask}; exec "$0" token --dpop --key "${file}"`;

      const process_ = start('sh', ['-c', script, BIN], env());
      const code = await process_.exit();

      assert.equal(code, 0, process_.output.stderr);
      assert.equal(mode(file), 0o600);
    });
  }

  test('a file that is no key is not replaced, and a key that others can read is not used', async () => {
    const foreign = path.join(scratch, 'notes.txt');
    fs.writeFileSync(foreign, 'my notes', { mode: 0o600 });
    const exposed = path.join(scratch, 'exposed.pem');
    await run(['token', '--dpop', '--key', exposed], env());
    fs.chmodSync(exposed, 0o644);

    const refused = await run(['token', '--dpop', '--key', foreign], env());
    const readable = await run(['token', '--dpop', '--key', exposed], env());

    assert.equal(refused.code, 2, refused.stderr);
    assert.match(refused.stderr, /is not a key/);
    assert.equal(fs.readFileSync(foreign, 'utf8'), 'my notes');
    assert.equal(readable.code, 2, readable.stderr);
    assert.match(readable.stderr, /mode 644.*chmod 600/);
  });

  test('a token and a proof of the program are accepted by the service and by oauth4webapi', async () => {
    const token = (await run(['token', '--dpop'], env())).stdout.trim();
    const proof = async (...more) => {
      const { code, stdout, stderr } = await run(['proof', 'get', `${url}?page=2`, '--token', token, ...more], env());
      assert.equal(code, 0, stderr);
      assert.equal(stderr, '');
      return stdout.trim();
    };

    const answer = await send(token, await proof());
    const other = await secondOpinion(token, await proof());
    const withNonce = await proof('--nonce', 'n-0');

    assert.equal(answer.status, 200, answer.text);
    assert.equal(other, null);
    assert.equal(payload(withNonce).nonce, 'n-0');
    assert.equal(payload(withNonce).htm, 'GET');
    assert.equal(payload(withNonce).htu, url);
  });

  test('the commands in the help work with curl', { skip: !curl }, async () => {
    const script = `
      "$0" token --dpop --scope profile:read >token &&
      curl -sS -o answer -w '%{http_code}' \\
        -H "Authorization: DPoP $(cat token)" \\
        -H "DPoP: $("$0" proof GET "$URL" --token @token)" "$URL"`;

    const process_ = start('sh', ['-c', script, BIN], { ...env(), URL: url });
    const code = await process_.exit();

    assert.equal(code, 0, process_.output.stderr);
    assert.equal(process_.output.stdout, '200');
  });

  test('a proof needs the key of its token', async () => {
    await run(['token', '--dpop'], env());
    const other = await run(['proof', 'GET', url, '--token', token], env());
    const absent = await run(['proof', 'GET', url, '--token', token, '--key', path.join(home, 'absent.pem')], env());
    const wrong = await run(['proof', 'GET', '/api/whoami', '--token', token], env());

    assert.equal(other.code, 2);
    assert.equal(other.stdout, '');
    assert.match(other.stderr, /bound to another key/);
    assert.equal(absent.code, 2);
    assert.match(absent.stderr, /does not exist.*token --dpop/);
    assert.equal(wrong.code, 2);
    assert.ok(!fs.existsSync(path.join(home, 'absent.pem')));
  });

  test('the userinfo endpoint of oidc-provider accepts our proofs', async () => {
    const token = await tokenOfUser();
    const userinfo = `${issuer.url}/me`;
    const proof = async (nonce) => ourProof('GET', userinfo, '--token', token, ...(nonce ? ['--nonce', nonce] : []));

    const first = await send(token, await proof(), 'DPoP', userinfo);
    const nonce = first.headers['dpop-nonce'];
    const answer = await send(token, await proof(nonce), 'DPoP', userinfo);
    const replayed = await send(token, await ourProof('POST', userinfo, '--token', token, '--nonce', nonce), 'DPoP', userinfo);

    assert.equal(first.status, 401, 'a nonce is required');
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.json().sub, 'ada');
    assert.equal(replayed.status, 401, 'a proof for another method');
  });

  test('a nonce and a token may begin with a hyphen', async () => {
    const text = await ourProof('GET', 'https://api.example/', '--token', '-token', '--nonce', '-nonce');

    assert.equal(payload(text).nonce, '-nonce');
    assert.equal(payload(text).ath, crypto.createHash('sha256').update('-token').digest('base64url'));
  });

  async function ourProof(...args) {
    const { code, stdout, stderr } = await run(['proof', ...args], env());
    assert.equal(code, 0, stderr);
    return stdout.trim();
  }

  /** A token of a user who signs in, requested with proofs of our command. */
  async function tokenOfUser() {
    const cookies = new Map();
    const visit = async (target, form) => {
      const headers = { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') };
      if (form) headers['content-type'] = 'application/x-www-form-urlencoded';
      const answer = await call(new URL(target, issuer.url), {
        method: form ? 'POST' : 'GET',
        headers,
        body: form && new URLSearchParams(form).toString(),
      });
      for (const cookie of answer.headers['set-cookie'] ?? []) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie);
        cookies.set(name, value);
      }
      return answer;
    };
    const verifier = crypto.randomBytes(32).toString('base64url');
    const redirectUri = `http://127.0.0.1:${await redirectPort}/cb`;
    const query = new URLSearchParams({
      client_id: 'spa',
      response_type: 'code',
      redirect_uri: redirectUri,
      scope: 'openid',
      state: 's',
      code_challenge: crypto.createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    });
    let next = `${as.authorization_endpoint}?${query}`;
    for (let step = 0; step < 10 && !next.startsWith(redirectUri); step += 1) {
      const page = await visit(next);
      const action = /<form[^>]* action="([^"]+)"/.exec(page.text)?.[1];
      if (page.headers.location) {
        next = new URL(page.headers.location, next).href;
      } else {
        const prompt = /name="prompt" value="(\w+)"/.exec(page.text)[1];
        const submitted = await visit(action, { prompt, login: 'ada', password: 'x' });
        next = new URL(submitted.headers.location, next).href;
      }
    }
    const code = new URL(next).searchParams.get('code');
    const request = async (...nonce) =>
      call(as.token_endpoint, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          dpop: await ourProof('POST', as.token_endpoint, ...nonce),
        },
        body: new URLSearchParams({
          grant_type: 'authorization_code',
          client_id: 'spa',
          code,
          redirect_uri: redirectUri,
          code_verifier: verifier,
        }).toString(),
      });
    const refused = await request();
    assert.equal(refused.json().error, 'use_dpop_nonce');
    const granted = await request('--nonce', refused.headers['dpop-nonce']);
    assert.equal(granted.status, 200, granted.text);
    return granted.json().access_token;
  }

  test('`explain` shows the binding, and which rule a proof breaks', async () => {
    const proof = (changed) => dpop.generateProof(keys, changed.url ?? url, 'GET', undefined, changed.token);
    const explain = (proof, ...more) =>
      run(['explain', token, ...(proof ? ['--proof', proof, '--method', 'GET', '--url', url] : []), ...more], env());

    const bound = await explain();
    const good = await explain(await proof({ token }));
    const lacking = await explain(await proof({}));
    const ofTokenEndpoint = await explain(await proof({ url: `${issuer.url}/token` }));
    const stale = await explain(await proof({ token }), '--nonce', 'n-1');
    const unbound = await run(['explain', await fetchToken(issuer)], env());

    assert.equal(bound.code, 0, bound.stderr);
    assert.match(bound.stdout, /passed +binding +bound to a key \(DPoP\): jkt [\w-]{43}/);
    assert.match(unbound.stdout, /passed +binding +not bound: anyone who has the token can use it/);
    assert.equal(good.code, 0, good.stderr);
    assert.match(good.stdout, /\nProof\n\nAccepted: /);
    assert.equal(lacking.code, 1, lacking.stdout);
    assert.match(lacking.stdout, /reason +missing_ath/);
    assert.match(lacking.stdout, /FAILED +ath +absent/);
    assert.match(lacking.stderr, /the proof is refused/);
    assert.equal(ofTokenEndpoint.code, 1);
    assert.match(ofTokenEndpoint.stdout, /reason +proof_wrong_url[^]*answers with the reason missing_ath/);
    assert.equal(stale.code, 1);
    assert.match(stale.stdout, /reason +missing_nonce/);
  });

  test('`doctor` says that the issuer binds tokens, and that it requires it from the client', async () => {
    const required = await run(['doctor'], env());
    const optional = await run(['doctor', '--client-id', 'svc'], { ...env(), RESOURCE_SERVER_CLIENT__SECRET: 'svc-secret' });

    assert.equal(required.code, 0, required.stdout + required.stderr);
    assert.match(required.stdout, /bound_tokens +to a key \(DPoP\): [^]*requires it from\s+this client/);
    assert.match(required.stdout, /ok +accepted/);
    assert.equal(optional.code, 0, optional.stdout + optional.stderr);
    assert.match(optional.stdout, /bound_tokens +to a key \(DPoP\): [^]*this\s+client can get one/);
  });

  test('`check` with bound tokens tries the thefts, and the service withstands them', async () => {
    const { code, stdout, stderr } = await run(['check', '--url', `${service.url}/api`, '--format', 'json'], env());

    const report = JSON.parse(stdout);
    const results = new Map(report.checks.filter((it) => it.operation === 'GET /api/whoami').map((it) => [it.check, it.result]));
    assert.match(stderr, /requests a bound token, because the issuer may require a DPoP proof/);
    for (const check of ['good_token', 'bound_as_bearer', 'missing_proof', 'proof_of_other_key', 'proof_replayed', 'proof_for_other_url', 'proof_for_other_method', 'proof_for_other_token', 'old_proof', 'signature_changed']) {
      assert.equal(results.get(check), 'passed', `${check}: ${stdout}`);
    }
    assert.equal(code, 3, 'no expired token was given');
  });

  test('`check` finds out whether an opaque token is bound, and tries the thefts', async (t) => {
    const service = await startService({
      ...settings(issuer),
      RESOURCE_SERVER_ISSUER__INTROSPECTION__MODE: 'opaque',
      RESOURCE_SERVER_ISSUER__INTROSPECTION__CLIENT_ID: 'api',
      RESOURCE_SERVER_ISSUER__INTROSPECTION__CLIENT_SECRET: 'api-secret',
      RESOURCE_SERVER_ISSUERS__DEFAULT__SUBJECT_CLAIM: 'client_id',
    });
    t.after(() => service.stop());
    const own = { ...env(), RESOURCE_SERVER_CLIENT__RESOURCE: 'urn:e2e:opaque' };
    const token = (await run(['token', '--dpop'], own)).stdout.trim();
    assert.ok(token && !token.includes('.'), 'the token is opaque');
    const bearerToken = await fetchToken(issuer, { resource: 'urn:e2e:opaque', scope: 'profile:read' });
    const check = async (args, more = own) => {
      const { stdout, stderr } = await run(['check', '--url', `${service.url}/api`, '--format', 'json', ...args], more);
      const ofWhoami = JSON.parse(stdout || '{"checks":[]}').checks.filter((it) => it.operation === 'GET /api/whoami');
      const result = (name) => ofWhoami.find((it) => it.check === name);
      return { result, text: stdout + stderr };
    };
    const thefts = ['bound_as_bearer', 'missing_proof', 'proof_of_other_key', 'proof_replayed', 'proof_for_other_url',
      'proof_for_other_method', 'proof_for_other_token', 'old_proof'];

    for (const args of [[], ['--token', token, '--dpop'], ['--token', token]]) {
      const { result, text } = await check(args);

      for (const name of ['good_token', 'not_issued', ...thefts]) {
        assert.equal(result(name)?.result, 'passed', `${name} with ${args.join(' ')}: ${text}`);
      }
    }
    const elsewhere = { ...own, HOME: fs.mkdtempSync(path.join(scratch, 'home-')) };
    const unknown = await check(['--token', token], elsewhere);
    for (const name of ['good_token', ...thefts]) {
      assert.equal(unknown.result(name)?.result, 'not_made', `${name}: ${unknown.text}`);
    }
    assert.match(unknown.result('good_token').not_made, /add --dpop, and name the file of its key with --key/);
    const keyless = await check(['--token', token, '--dpop'], elsewhere);
    assert.match(keyless.text, /does not exist.*token --dpop/);
    const unbound = await check(['--token', bearerToken]);
    assert.equal(unbound.result('good_token')?.result, 'passed', unbound.text);
    assert.equal(unbound.result('proof_replayed'), undefined);
  });
});

describe('`check` of a service that requires bound tokens', () => {
  const THEFTS = ['bound_as_bearer', 'missing_proof', 'proof_of_other_key', 'proof_replayed', 'proof_for_other_url',
    'proof_for_other_method', 'proof_for_other_token', 'old_proof'];
  let issuer;
  let strict;
  let either;
  before(async () => {
    issuer = await startIssuer({ dpop: 'nonce' });
    strict = await startService({ ...settings(issuer), RESOURCE_SERVER_ACCESS__BINDING: 'required' });
    either = await startService(settings(issuer));
  });
  after(async () => {
    await strict?.stop();
    await either?.stop();
    await issuer?.stop();
  });

  const env = (client = 'svc') => ({
    ...settings(issuer),
    HOME: home,
    RESOURCE_SERVER_CLIENT__ID: client,
    RESOURCE_SERVER_CLIENT__SECRET: `${client}-secret`,
    RESOURCE_SERVER_CLIENT__SCOPE: 'profile:read',
  });
  const home = fs.mkdtempSync(path.join(scratch, 'home-'));

  const check = async (service, args = [], more = env()) => {
    const { code, stdout, stderr } = await run(['check', '--url', `${service.url}/api`, '--format', 'json', ...args], more);
    const report = JSON.parse(stdout || '{"checks":[]}');
    const ofWhoami = report.checks.filter((it) => it.operation === 'GET /api/whoami');
    const result = (name) => ofWhoami.find((it) => it.check === name);
    return { code, result, report, stderr, text: stdout + stderr };
  };

  test('it requests a bound token, because the document requires it, and one that is not bound', async () => {
    const { code, result, stderr, text } = await check(strict);

    for (const name of ['good_token', 'signature_changed', 'garbage', ...THEFTS, 'unbound_token']) {
      assert.equal(result(name)?.result, 'passed', `${name}: ${text}`);
    }
    assert.equal(result('unbound_token').made, 2);
    assert.doesNotMatch(stderr, /the issuer may require a DPoP proof/);
    assert.match(stderr, /requests a token that is not bound, because an operation must refuse it/);
    assert.equal(code, 3, 'no expired token was given');
  });

  test('it requests no bound token if neither the document nor the issuer requires one', async () => {
    const { code, result, stderr, text } = await check(either);

    for (const name of ['good_token', 'signature_changed', 'garbage']) {
      assert.equal(result(name)?.result, 'passed', `${name}: ${text}`);
    }
    for (const name of [...THEFTS, 'unbound_token']) assert.equal(result(name), undefined, `${name}: ${text}`);
    assert.doesNotMatch(stderr, /bound/);
    assert.equal(code, 3, 'no expired token was given');
  });

  test('it reports an API that serves the caller of an unbound token, though its document does not', async () => {
    const spec = path.join(scratch, 'strict.json');
    const { servers, ...document } = (await call(`${strict.url}/openapi.json`)).json();
    fs.writeFileSync(spec, JSON.stringify(document));

    const faulty = await check(either, ['--spec', spec]);
    const right = await check(strict, ['--spec', spec]);

    assert.equal(faulty.code, 1, faulty.text);
    const { result, wrong } = faulty.result('unbound_token');
    assert.deepEqual([result, wrong], ['failed', 1], 'as a bearer token only');
    for (const name of ['good_token', ...THEFTS]) assert.equal(faulty.result(name)?.result, 'passed', name);
    assert.equal(right.result('unbound_token')?.result, 'passed', right.text);
  });

  test('it says what to add if the issuer binds all tokens of the client', async () => {
    const file = path.join(scratch, 'unbound.txt');
    fs.writeFileSync(file, await fetchToken(issuer, { scope: 'profile:read' }));
    const bound = (await run(['token', '--dpop'], env('bound'))).stdout.trim();

    const without = await check(strict, [], env('bound'));
    const declared = await check(strict, ['--refuse', `unbound_token=@${file}`], env('bound'));
    const given = await check(strict, ['--token', `@${file}`, '--token', bound], env('bound'));
    const alone = await check(strict, ['--token', `@${file}`], env('bound'));

    assert.equal(without.result('unbound_token')?.result, 'not_made', without.text);
    assert.match(without.result('unbound_token').not_made, /add it with --refuse unbound_token=@FILE\.$/);
    for (const { result, text } of [declared, given]) {
      for (const name of ['good_token', 'unbound_token', ...THEFTS]) {
        assert.equal(result(name)?.result, 'passed', `${name}: ${text}`);
      }
    }
    assert.equal(alone.result('unbound_token')?.result, 'passed', alone.text);
    assert.equal(alone.result('good_token')?.result, 'not_made', alone.text);
    assert.match(alone.result('good_token').not_made, /accepts only tokens that are bound to a key.*--dpop/);
  });

  test('with the embedded issuer, it has all tokens', async () => {
    const own = { HOME: home, RESOURCE_SERVER_DEV__LISTEN: `127.0.0.1:${await freePort()}` };
    const service = await startService({ ...own, RESOURCE_SERVER_ACCESS__BINDING: 'required' });

    const running = await check(service, [], own);
    const flagged = await check(service, ['--with-embedded-issuer'], own);

    await service.stop();
    for (const { code, result, report, text } of [running, flagged]) {
      assert.equal(code, 0, text);
      assert.equal(report.verdict, 'secure', text);
      for (const name of ['good_token', 'expired', 'unbound_token', ...THEFTS]) {
        assert.equal(result(name)?.result, 'passed', `${name}: ${text}`);
      }
    }
  });
});
