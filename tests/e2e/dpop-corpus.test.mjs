// A generated corpus of DPoP proofs (RFC 9449) with a second opinion: npm `dpop` and `oauth4webapi`
// make the proofs, and `oauth4webapi` judges each request that the service judges.
//
// 1. A case changes one thing in a good proof, and states the reason for which the service refuses
//    it. `dpop-corpus/*.mjs` generate the cases.
// 2. The service judges each case twice: with a new token, and with one whose key it remembers.
// 3. Both opinions must be equal, except for the cases in `dpop-corpus/differences.mjs`.
// 4. Before and after each family of cases, both accept unchanged proofs of both libraries.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import * as dpop from 'dpop';
import * as oauth from 'oauth4webapi';
import { startBoundIssuer } from './bound.mjs';
import { differences } from './dpop-corpus/differences.mjs';
import { MAKERS, draftOf, fieldOf, thumbprint } from './dpop-corpus/draft.mjs';
import * as forms from './dpop-corpus/forms.mjs';
import * as keys from './dpop-corpus/keys.mjs';
import * as members from './dpop-corpus/members.mjs';
import * as signatures from './dpop-corpus/signatures.mjs';
import * as targets from './dpop-corpus/targets.mjs';
import * as times from './dpop-corpus/times.mjs';
import { call, settings, startService } from './harness.mjs';

const FAMILIES = [members, forms, keys, signatures, targets, times].flatMap((it) => it.families);

/** The message of `oauth4webapi` on a case that both refuse, by our reason. Other reasons have several messages. */
const CAUSES = {
  // A claim that is missing or malformed.
  htm: /DPoP Proof htm mismatch|"htm" .*missing/,
  htu: /DPoP Proof htu mismatch|"htu" .*missing|Invalid URL/,
  iat: /"iat"|iat is not recent/,
  jti: /"jti"/,
  ath: /DPoP Proof ath mismatch|"ath" .*missing/,
  proof_wrong_type: /"typ" header/,
  proof_critical_header: /"crit"/,
  proof_without_key: /jwk header parameter must be a JSON object/,
  proof_wrong_key: /confirmation mismatch/,
  proof_bad_signature: /signature verification failed/,
  missing_proof: /no DPoP HTTP Header/,
  proof_required: /scheme is not DPoP/,
  proof_wrong_method: /htm mismatch/,
  proof_wrong_url: /htu mismatch|Invalid URL/,
  proof_wrong_token: /ath mismatch/,
  proof_expired: /iat is not recent/,
  proof_issued_in_future: /iat is not recent/,
};
const causeOf = (reason) => CAUSES[reason] ?? CAUSES[/^(?:missing|malformed)_(\w+)$/.exec(reason)?.[1]] ?? /./;

describe('proofs with one fault, judged by the service and by oauth4webapi', () => {
  /** Each case by its name, with both opinions. */
  const judged = new Map();
  let issuer;
  let service;
  let as;
  let world;
  let jkt;

  before(async () => {
    issuer = await startBoundIssuer();
    service = await startService(settings(issuer));
    as = { issuer: issuer.url, jwks_uri: `${issuer.url}/keys` };
    const pair = await dpop.generateKeyPair('ES256', { extractable: true });
    const [publicKey, privateKey] = [pair.publicKey, pair.privateKey].map((it) => crypto.KeyObject.from(it));
    const holder = { alg: 'ES256', jwk: publicKey.export({ format: 'jwk' }), privateKey, pair };
    const mint = (cnf) => issuer.mint(cnf, { client_id: 'shop' });
    world = { holder, mint, url: `${service.url}/api/whoami` };
    jkt = thumbprint(holder.jwk);
  });
  after(async () => {
    await service?.stop();
    await issuer?.stop();
  });

  /** Why the service refuses this request; null if it accepts it. */
  async function ours({ scheme, token, target }, field) {
    const { host, pathname, search } = new URL(target);
    const headers = { host, authorization: `${scheme} ${token}`, ...(field === undefined ? {} : { dpop: field }) };
    const answer = await call(`${service.url}${pathname}${search}`, { headers });
    if (answer.status === 200) return null;
    const { reason } = answer.json();
    const [status, challenge] = reason === 'malformed_authorization' ? [400, /realm="/] : [401, /\bDPoP realm="/];
    assert.equal(answer.status, status, reason);
    assert.match(answer.headers['www-authenticate'], challenge, reason);
    return reason;
  }

  /** Why `oauth4webapi` refuses this request; null if it accepts it. */
  async function theirs({ scheme, token, target }, field) {
    const headers = new Headers({ authorization: `${scheme} ${token}` });
    for (const it of [field ?? []].flat()) headers.append('dpop', it);
    const options = { [oauth.allowInsecureRequests]: true };
    const verdict = oauth.validateJwtAccessToken(as, new Request(target, { headers }), 'api://default', options);
    return verdict.then(() => null, (error) => error.message || error.name);
  }

  /** Unchanged proofs of both libraries are accepted. */
  async function assertTwins(token) {
    for (const [maker, make] of Object.entries(MAKERS)) {
      const request = { scheme: 'DPoP', token, target: world.url };
      const proof = await make(world.holder.pair, world.url, token);

      assert.equal(await ours(request, proof), null, maker);
      assert.equal(await theirs(request, proof), null, maker);
    }
  }

  /** What is wrong with both opinions on a case. */
  function faultOf(name, expected, own, other) {
    const entry = differences.find(({ cases }) => cases.test(name));
    const stricter = own === null ? 'oauth4webapi' : 'service';
    if (own !== expected) return `${name}: expected ${expected}, found ${own}`;
    if ((own === null) !== (other === null)) {
      if (entry?.stricter === stricter) return null;
      return `${name}: only the ${stricter} refuses it: ${own ?? other}`;
    }
    if (entry && !entry.varies) return `${name}: a difference is listed, and there is none`;
    if (own && !causeOf(own).test(other)) return `${name}: ${own}, but oauth4webapi says: ${other}`;
    return null;
  }

  /** What is wrong with the opinions on a case, with a new token and with one whose key is remembered. */
  async function judge(name, apply, maker, remembered) {
    const faults = [];
    for (const token of [world.mint({ jkt }), remembered]) {
      const draft = await draftOf(world, token, maker);
      const expected = apply(draft);
      const { before } = draft;
      if (before) assert.equal(await ours(before.request, before.field), before.reason, name);
      const field = fieldOf(draft);
      const own = await ours(draft, field);
      const other = judged.has(name) ? judged.get(name).other : await theirs(draft, field);
      judged.set(name, { own, other });
      const fault = faultOf(name, expected, own, other);
      if (fault) faults.push(`${fault} (${token === remembered ? 'key remembered' : 'new token'})`);
    }
    return faults;
  }

  for (const { name: family, cases } of FAMILIES) {
    test(`${family}: ${cases.length} cases`, async () => {
      const remembered = world.mint({ jkt });
      await assertTwins(remembered);

      const makers = Object.keys(MAKERS);
      const opinions = cases.map(({ name, apply }, number) =>
        judge(`${family}: ${name}`, apply, makers[number % makers.length], remembered));

      assert.deepEqual((await Promise.all(opinions)).flat(), []);
      await assertTwins(remembered);
    });
  }

  test('each listed difference exists, and hundreds of faults were judged', (t) => {
    const cases = [...judged].map(([name, { own, other }]) => ({ name, own, other }));
    const isDifferent = ({ own, other }) => (own === null) !== (other === null);
    for (const { cases: pattern, count, varies } of differences) {
      const found = cases.filter((it) => pattern.test(it.name));
      assert.equal(found.length, count, `${pattern}: cases`);
      if (!varies) assert.equal(found.filter(isDifferent).length, count, `${pattern}: differences`);
    }
    const refused = cases.filter(({ own }) => own !== null);
    const reasons = new Set(refused.map(({ own }) => own));
    const different = cases.filter(isDifferent);
    const laxer = different.filter(({ own }) => own === null);
    t.diagnostic(`${cases.length} cases, of which the service refuses ${refused.length} for ${reasons.size} reasons`);
    t.diagnostic(`${different.length} differences, of which oauth4webapi alone refuses ${laxer.length}`);

    assert.equal(cases.length, FAMILIES.reduce((sum, it) => sum + it.cases.length, 0), 'no name appears twice');
    assert.ok(refused.length >= 1200 && reasons.size >= 32, 'the corpus is not empty');
  });

  // `Headers` and `node:http` refuse such a field, so it is written to a socket.
  test('a proof with a line break or another control character in its field is refused with status 400', async () => {
    const { host, hostname, port } = new URL(service.url);
    const send = (authorization, field) => new Promise((resolve, reject) => {
      const socket = net.connect({ host: hostname, port });
      const fields = [`Host: ${host}`, `Authorization: ${authorization}`, `DPoP: ${field}`, 'Connection: close'];
      let text = '';
      socket.setEncoding('latin1').on('data', (it) => (text += it)).on('error', reject);
      socket.on('close', () => resolve(Number(text.split(' ')[1])));
      socket.write(`GET /api/whoami HTTP/1.1\r\n${fields.join('\r\n')}\r\n\r\n`, 'latin1');
    });
    const token = world.mint({ jkt });
    const proof = () => MAKERS['npm dpop'](world.holder.pair, world.url, token);

    assert.equal(await send(`DPoP ${token}`, await proof()), 200);
    for (const character of ['\r\n ', '\r\n\t', '\n', '\r', '\0', '\x01', '\x1f', '\x7f']) {
      const field = (await proof()).replace('.', `.${character}`);
      assert.equal(await send(`DPoP ${token}`, field), 400, JSON.stringify(character));
    }
    assert.equal(await send(`DPoP ${token}`, await proof()), 200);
  });
});
