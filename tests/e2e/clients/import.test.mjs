// Importing the document itself into Postman, which does so with openapi-to-postmanv2: what wants a
// token has its authorization, and what is open to anyone has none.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import converter from 'openapi-to-postmanv2';
import { call, eventually, fetchToken, settings, startIssuer, startService } from '../harness.mjs';
import { runCollection } from './newman.mjs';

/** The collection that Postman makes of a service's document. */
async function importFrom(service) {
  const data = await documentOf(service);
  const result = await new Promise((resolve, reject) => {
    const done = (error, result) => (error ? reject(error) : resolve(result));
    converter.convertV2({ type: 'string', data }, { folderStrategy: 'Tags' }, done);
  });
  assert.equal(result.result, true, result.reason);
  return result.output.find(({ type }) => type === 'collection').data;
}

/** With the issuer's endpoints, which the document has soon after the service is ready. */
async function documentOf(service) {
  const document = async () => (await call(`${service.url}/openapi.json`)).text;
  await eventually(document, async () => (await document()).includes('tokenUrl'));
  return document();
}

const folders = (collection) => collection.item.map(({ name }) => name);

/** Requests by the last part of their path. */
function requests(collection) {
  const found = {};
  const visit = (item) => {
    if (item.request) found[item.request.url.path.at(-1)] = item.request;
    item.item?.forEach(visit);
  };
  visit(collection);
  return found;
}

describe('the document imported into Postman', () => {
  let issuer;
  let token;
  const services = [];
  const open = async (env) => {
    const service = await startService({ ...settings(issuer), ...env });
    services.push(service);
    return service;
  };
  before(async () => {
    issuer = await startIssuer();
    token = await fetchToken(issuer, { scope: 'profile:read' });
  });
  after(async () => {
    for (const process_ of [...services, issuer]) await process_?.stop();
  });

  const none = (request) => !request.auth || request.auth.type === 'noauth';

  test('gives whoami a bearer token to fill in, and hello none', async () => {
    const collection = await importFrom(await open());

    const { hello, whoami } = requests(collection);
    assert.deepEqual(folders(collection), ['Caller', 'Hello']);
    assert.equal(whoami.auth.type, 'bearer');
    assert.equal(whoami.auth.bearer[0].value, '{{bearerToken}}');
    assert.ok(none(hello), JSON.stringify(hello.auth));
    // Otherwise hello would inherit it.
    assert.ok(none(collection), JSON.stringify(collection.auth));
  });

  test('gives hello a token as well where it wants one', async () => {
    const closed = { RESOURCE_SERVER_ACCESS__MODE: 'all', RESOURCE_SERVER_ACCESS__ANONYMOUS: '' };

    const { hello, whoami } = requests(await importFrom(await open(closed)));

    assert.equal(hello.auth.type, 'bearer');
    assert.equal(whoami.auth.type, 'bearer');
  });

  test('calls the service, with the token where it is wanted and nowhere else', async () => {
    const collection = await importFrom(await open());

    const filledIn = await runCollection(collection, { bearerToken: token });
    const empty = await runCollection(collection, {});

    const statuses = ({ requests }) => Object.values(requests).map(({ status }) => status);
    const sent = ({ requests }) => Object.values(requests).map(({ authorization }) => authorization);
    assert.deepEqual(Object.keys(filledIn.requests), ['Show who the caller is', 'Greet anyone']);
    assert.deepEqual(statuses(filledIn), [200, 200]);
    assert.deepEqual(sent(filledIn), [`Bearer ${token}`, undefined]);
    assert.notEqual(statuses(empty)[0], 200);
    assert.equal(statuses(empty)[1], 200);
  });
});
