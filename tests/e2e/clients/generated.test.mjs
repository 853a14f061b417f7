// Clients that others make of the document, each as its users would: generated from the live
// service, compiled or loaded, and called with and without a token.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { fetchToken, settings, startIssuer, startService } from '../harness.mjs';

const here = import.meta.dirname;
const generated = path.join(here, 'generated');
const npm = path.join(here, 'node_modules/.bin');
const venv = path.resolve(here, process.env.VENV ?? 'venv', 'bin');

/** Runs a program to its end, which must be a good one, and yields what it printed. */
async function run(file, args, env = {}) {
  const { PATH, HOME } = process.env;
  const options = { cwd: here, env: { PATH: `${venv}:${PATH}`, HOME, ...env } };
  const { stdout } = await promisify(execFile)(file, args, options).catch((error) => {
    throw new Error(`${error.message}\n${error.stdout}`);
  });
  return stdout;
}

describe('a client made of the document', () => {
  let issuer;
  let service;
  let token;
  before(async () => {
    fs.rmSync(generated, { recursive: true, force: true });
    fs.mkdirSync(generated);
    issuer = await startIssuer();
    service = await startService(settings(issuer));
    token = await fetchToken(issuer, { scope: 'profile:read' });
  });
  after(async () => {
    for (const process_ of [service, issuer]) await process_?.stop();
  });

  const stranger = { status: 401, reason: 'missing_credentials' };

  test('by openapi-typescript compiles in strict mode and calls the service', async () => {
    const types = path.join(generated, 'api.d.ts');
    await run(`${npm}/openapi-typescript`, [`${service.url}/openapi.json`, '--output', types]);
    await run(`${npm}/tsc`, ['--strict', '--project', here]);

    const output = await run(process.execPath, [path.join(generated, 'whoami.js'), service.url, token]);

    const { hello, ...rest } = JSON.parse(output);
    assert.equal(hello.status, 200);
    assert.match(hello.message, /Hello/);
    assert.deepEqual(rest, { known: { status: 200, subject: 'svc', scopes: ['profile:read'] }, stranger });
  });

  test('by openapi-python-client calls the service', async () => {
    const client = path.join(generated, 'protected_api');
    const source = ['generate', '--url', `${service.url}/openapi.json`];
    const target = ['--meta', 'none', '--output-path', client, '--fail-on-warning'];
    await run(`${venv}/openapi-python-client`, [...source, ...target]);

    const output = await run(`${venv}/python`, ['whoami.py', service.url, token], { PYTHONPATH: generated });

    const { hello, ...rest } = JSON.parse(output);
    assert.equal(hello.status, 200);
    assert.match(hello.message, /Hello/);
    assert.deepEqual(rest, {
      // Only whoami asks for a token.
      takes: { hello: ['AuthenticatedClient', 'Client'], whoami: ['AuthenticatedClient'] },
      known: { status: 200, subject: 'svc', scopes: ['profile:read'], lifetime: 300 },
      stranger,
    });
  });
});
