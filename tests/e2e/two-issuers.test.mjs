// Several issuers: two of npm `oidc-provider`, one with RS256 and one with ES256, and the embedded
// issuer acting as two.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  bearer, call, eventually, fetchToken, freePort, run, scratch, startIssuer, startService,
} from './harness.mjs';
import { assertRefused } from './refusals.mjs';

const section = (name, url, audience, alg, more = '') => `
[issuers.${name}]
url = "${url}"
audiences = ["${audience}"]
algorithms = ["${alg}"]
${more}
`;
const client = (name, resource) => `
[issuers.${name}.client]
id = "svc"
secret = "svc-secret"
scope = "profile:read"
resource = ["${resource}"]
`;
/** The token with this `iss` under the old signature. */
function readdressed(token, iss) {
  const [header, payload, signature] = token.split('.');
  const claims = { ...JSON.parse(Buffer.from(payload, 'base64url')), iss };
  return [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
}

describe('two issuers', () => {
  const file = path.join(scratch, 'two-issuers.toml');
  let staff;
  let partners;
  let service;
  const ofStaff = (form) => fetchToken(staff, form);
  const ofPartners = (form) => fetchToken(partners, { resource: 'urn:e2e:other', ...form });
  const staffSection = () => section('staff', staff.url, 'api://default', 'RS256');
  const partnersSection = () =>
    section('partners', partners.url, 'api://other', 'ES256', 'clients = ["svc", "stale"]');
  const configure = (...sections) => fs.writeFileSync(file, sections.join(''));
  const clients = () => client('staff', 'urn:e2e:api') + client('partners', 'urn:e2e:other');
  const both = () => configure(staffSection(), partnersSection(), clients());
  const command = (...args) => run([...args, '--config', file]);

  before(async () => {
    staff = await startIssuer();
    partners = await startIssuer({ alg: 'ES256' });
    both();
    service = await startService({}, { args: ['--config', file] });
    await eventually(
      () => `the keys of both\n${service.output.stderr}`,
      async () => (await service.whoami(await ofPartners())).status === 200,
    );
  });
  after(async () => {
    await service?.stop();
    await staff?.stop();
    await partners?.stop();
  });

  const count = (text) => service.output.stderr.split(text).length - 1;
  async function reload(outcome = 'settings and keys reloaded') {
    const before = count(outcome);
    service.signal('SIGHUP');
    await eventually(
      () => `${outcome}\n${service.output.stderr}`,
      () => count(outcome) > before,
    );
  }

  test('tokens of both are accepted, each with its own audience and algorithm', async () => {
    const [one, other] = [await service.whoami(await ofStaff()), await service.whoami(await ofPartners())];

    assert.equal(one.status, 200, one.text);
    assert.equal(other.status, 200, other.text);
    assert.equal(one.json().issuer, staff.url);
    assert.equal(other.json().issuer, partners.url);
    assert.deepEqual(other.json().audience, ['api://other']);
  });

  test('no rule of one issuer holds for the tokens of the other', async () => {
    const stranger = await startIssuer();
    const seen = stranger.output.stdout.length;
    const foreign = await fetchToken(stranger);
    const fetched = () => stranger.output.stdout.slice(seen).match(/GET .*(jwks|openid)/g)?.length ?? 0;
    const requests = fetched();
    for (const [row, token, reason] of [
      ['staff for the audience of partners', await ofStaff({ resource: 'urn:e2e:other' }), 'wrong_audience'],
      ['partners for the audience of staff', await ofPartners({ resource: 'urn:e2e:api' }), 'wrong_audience'],
      ['partners, expired', await ofPartners({ client: 'stale' }), 'expired'],
      ['staff in the name of partners', readdressed(await ofStaff(), partners.url), 'algorithm_not_allowed'],
      ['partners in the name of staff', readdressed(await ofPartners(), staff.url), 'algorithm_not_allowed'],
      ['an issuer that is not listed', foreign, 'unknown_issuer'],
    ]) {
      const answer = await service.whoami(token);

      assertRefused(answer, 401, 'invalid_token');
      assert.equal(answer.json().reason, reason, row);
    }
    assert.equal(fetched(), requests, 'nothing is fetched from an issuer that is not listed');
    await stranger.stop();
  });

  test('`token` requests a token of the named issuer', async () => {
    const named = await command('token', '--issuer-name', 'partners');
    const none = await command('token');
    const unknown = await command('token', '--issuer-name', 'partner');
    const flags = await command('token', '--issuer-name', 'staff', '--client-id', 'svc', '--client-secret', 'wrong-1');

    assert.equal(named.code, 0, named.stderr);
    assert.equal((await service.whoami(named.stdout.trim())).json().issuer, partners.url);
    assert.equal(none.code, 2);
    assert.match(none.stderr, /^error: the settings have several issuers \(partners, staff\), and none of them is named `default`\. Name one with --issuer-name\n$/);
    assert.equal(unknown.code, 2);
    assert.match(unknown.stderr, /`--issuer-name` names `partner`, .* they have partners, staff\./);
    assert.equal(flags.code, 1);
    assert.match(flags.stderr, /invalid_client/);
  });

  test('`explain` names the issuer that judged, fetches from it alone, and lists the trusted ones', async () => {
    const token = await ofPartners();
    const fetches = (issuer) => issuer.output.stdout.match(/GET .*(jwks|openid)/g)?.length ?? 0;
    const before = [fetches(staff), fetches(partners)];
    const accepted = await command('explain', token);
    const after = [fetches(staff), fetches(partners)];
    const offline = await command('explain', await ofPartners(), '--offline');
    const stranger = await command('explain', readdressed(await ofStaff(), 'https://other.example'), '--offline');

    assert.equal(accepted.code, 0, accepted.stdout + accepted.stderr);
    assert.deepEqual(after, [before[0], before[1] + 2]);
    assert.match(accepted.stdout, new RegExp(`^ {2}issuer {2}partners \\(${partners.url}\\)$`, 'm'));
    assert.equal(offline.code, 0, offline.stdout);
    assert.match(offline.stdout, new RegExp(`^ {2}issuer {2}partners \\(${partners.url}\\)$`, 'm'));
    assert.equal(stranger.code, 1);
    assert.match(stranger.stdout, /^ {2}reason {2}unknown_issuer$/m);
    assert.match(stranger.stdout, new RegExp(`^  wanted  partners \\(${partners.url}\\)\n  or      staff \\(${staff.url}\\)$`, 'm'));
  });

  test('`doctor` examines each issuer, by its own rules and with its own client', async () => {
    const all = await command('doctor');
    const one = await command('doctor', '--issuer-name', 'partners');
    const json = await command('doctor', '--format', 'json');

    assert.equal(all.code, 0, all.stdout + all.stderr);
    for (const [name, { url }] of [['partners', partners], ['staff', staff]]) {
      assert.match(all.stdout, new RegExp(`^${name}: ${url}$`, 'm'));
    }
    assert.equal(all.stdout.match(/ok {6}accepted +the service accepts the token/g).length, 2);
    assert.match(all.stdout, /\nThe service can work with all 2 issuers\.\n$/);
    assert.equal(one.code, 0, one.stdout);
    assert.match(one.stdout, new RegExp(`^${partners.url}\n`));
    assert.deepEqual(JSON.parse(json.stdout).issuers.map((it) => it.name), ['partners', 'staff']);
  });

  test('`check` uses a token of each issuer, and is incomplete without one', async () => {
    const check = (...args) => run(['check', '--url', `${service.url}/api`, '--format', 'json', ...args, '--config', file]);
    const made = (result, check) => result.outcomes.filter((it) => it.check === check);

    const granted = await check();
    configure(staffSection(), partnersSection(), client('staff', 'urn:e2e:api'));
    const without = await check();
    const token = path.join(scratch, 'partners.txt');
    fs.writeFileSync(token, `${await ofPartners()}\n`);
    const given = await check('--token', `partners=@${token}`);
    const misnamed = await check('--token', `staff=@${token}`);
    configure(staffSection(), client('staff', 'urn:e2e:api'));
    const unlisted = await check();
    both();

    for (const [row, { code, stdout, stderr }] of Object.entries({ granted, given })) {
      assert.equal(code, 3, row + stdout + stderr);
      const result = JSON.parse(stdout);
      const good = made(result, 'good_token');
      assert.deepEqual(good.map((it) => it.status), [200, 200], row);
      assert.deepEqual(good.flatMap((it) => it.faults), [], row);
      const changed = made(result, 'issuer_changed');
      assert.deepEqual(changed.map((it) => it.status), [401, 401, 401, 401], row);
      const gaps = result.not_made.filter((it) => it.checks.includes('expired'));
      assert.deepEqual(gaps.map((it) => it.why.split(':')[0]).sort(), ['partners', 'staff'], row);
    }
    const why = (result) => JSON.parse(result.stdout).not_made.filter((it) => it.operations.includes('the API')).map((it) => it.why);
    assert.equal(without.code, 3);
    assert.deepEqual(why(without), [
      'There is no token of the issuer `partners`. Add one with --token partners=@FILE, or set `issuers.partners.client.id` and its secret.',
    ]);
    assert.equal(unlisted.code, 3);
    assert.deepEqual(why(unlisted), [
      `The metadata of the API names the issuer ${partners.url}, and there is no token of it. Add one with --token NAME=@FILE, or set the issuer and its client in the settings.`,
    ]);
    assert.equal(misnamed.code, 2);
    assert.match(misnamed.stderr, /`--token` must be a token of the issuer before `=`/);
  });

  test('a reload removes an issuer, also for remembered tokens, and adds it again', async () => {
    const [one, other] = [await ofStaff(), await ofPartners()];
    assert.equal((await service.whoami(other)).status, 200);

    configure(staffSection());
    await reload();
    const removed = await service.whoami(other);
    const kept = await service.whoami(one);
    both();
    await reload();
    const added = await eventually(
      () => 'partners again',
      async () => (await service.whoami(other)).status === 200,
    );

    assertRefused(removed, 401, 'invalid_token');
    assert.equal(removed.json().reason, 'unknown_issuer');
    assert.equal(kept.status, 200);
    assert.ok(added);
  });

  test('an issuer that is down costs the callers of the other nothing', async () => {
    const token = await ofPartners();
    await partners.stop();

    const running = await service.whoami(await ofStaff());
    // An unchanged issuer that is unreachable does not prevent a reload, and keeps its keys.
    await reload();
    const kept = await service.whoami(token);
    const restarted = await startService({}, { args: ['--config', file] });
    const staffs = await restarted.whoami(await ofStaff());
    const theirs = await restarted.whoami(token);
    const doctor = await command('doctor');
    await restarted.stop();
    partners = await startIssuer({ alg: 'ES256', port: partners.port, keysFile: partners.keysFile });

    assert.equal(running.status, 200);
    assert.equal(kept.status, 200, kept.text);
    assert.match(service.output.stderr, /issuer unreachable during the reload, keys kept/);
    assert.equal(staffs.status, 200, staffs.text);
    assert.equal(theirs.status, 503, theirs.text);
    assert.ok(Number(theirs.headers['retry-after']) > 0);
    assert.equal(theirs.headers['www-authenticate'], undefined);
    assert.equal(doctor.code, 1);
    assert.match(doctor.stderr, /^error: something is wrong with 1 of 2 issuers: partners\n$/);
  });
});

describe('the embedded issuer', () => {
  let service;
  let env;
  before(async () => {
    env = {
      RESOURCE_SERVER_DEV__LISTEN: `127.0.0.1:${await freePort()}`,
      RESOURCE_SERVER_DEV__ISSUERS: 'partners',
    };
    service = await startService(env);
  });
  after(() => service?.stop());
  const origin = () => `http://${env.RESOURCE_SERVER_DEV__LISTEN}/oauth2`;
  const token = async (...args) => (await run(['token', '--scope', 'profile:read', ...args], env)).stdout.trim();

  test('acts as two, which the service trusts', async () => {
    const [one, other] = [await token(), await token('--issuer-name', 'partners')];
    const [first, second] = [await service.whoami(one), await service.whoami(other)];

    assert.equal(first.json().issuer, `${origin()}/default`);
    assert.equal(second.json().issuer, `${origin()}/partners`);
    assert.deepEqual(second.json().audience, ['api://partners']);
    const crossed = await service.whoami(readdressed(other, `${origin()}/default`));
    assert.equal(crossed.json().reason, 'unknown_key');
    assert.match(service.output.stdout, new RegExp(`^ {2}issuer +default: ${origin()}/default \\(embedded\\) for api://default$`, 'm'));
    assert.match(service.output.stdout, new RegExp(`^ {2}issuer +partners: ${origin()}/partners \\(embedded\\) for api://partners$`, 'm'));
  });

  test('is kept by a reload', async () => {
    const other = await token('--issuer-name', 'partners');
    service.signal('SIGHUP');
    await eventually(() => service.output.stderr, () => service.output.stderr.includes('settings and keys reloaded'));

    assert.equal((await service.whoami(other)).status, 200);
  });

  test('makes the check complete for both issuers', async () => {
    const check = (env, ...args) => run(['check', '--url', `${service.url}/api`, '--with-embedded-issuer', ...args], env);
    const { code, stdout, stderr } = await check(env);
    const one = await check({ ...env, RESOURCE_SERVER_DEV__ISSUERS: '' });

    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /^SECURE: /);
    // Two forgeries and one that the issuer signed itself, in both directions.
    assert.match(stdout, /^ {2}ok {6}issuer_changed +6$/m);
    assert.match(stdout, /^ {2}ok {6}good_token +2$/m);
    assert.equal(one.code, 3, one.stdout);
    assert.match(one.stdout.replace(/\s+/g, ' '), new RegExp(`The metadata of the API names the issuer ${origin()}/partners, and there is no token of it`));
  });

  test('`doctor` examines both', async () => {
    const { code, stdout, stderr } = await run(['doctor'], env);

    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /\nThe service can work with all 2 issuers\.\n$/);
    assert.equal(stdout.match(/ok {6}accepted/g).length, 2);
  });

  test('the metadata of the API lists both', async () => {
    const answer = await call(`${service.url}/.well-known/oauth-protected-resource`);
    const served = answer.json().authorization_servers;

    assert.deepEqual(served, [`${origin()}/default`, `${origin()}/partners`]);
    const hello = await call(`${service.url}/api/hello`, { headers: bearer(await token('--issuer-name', 'partners')) });
    assert.equal(hello.status, 200);
  });
});
