// The one issuer of all: a key, a document, a key set, and files of requests whose tokens it
// signed. Key and files stay in the build's directory, because a million take their time.
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { freePort } from '../../tests/e2e/harness.mjs';
import { output } from './machine.mjs';

const [DAY, LIFE] = [86_400, 30 * 86_400];
const TOKEN_BYTES = 900;
export const AUDIENCE = 'api://default';

/** Starts the issuer; `peers` is the program of this folder, `folder` where files are kept. */
export async function startIssuer(peers, folder) {
  fs.mkdirSync(folder, { recursive: true });
  const file = (name) => path.join(folder, name);
  const key = file('key.der');
  const { pem, jwk } = JSON.parse(await output(peers, ['key', key]));
  fs.chmodSync(key, 0o600);
  fs.writeFileSync(file('key.pem'), pem);
  const portFile = file('port');
  const kept = fs.existsSync(portFile) ? Number(fs.readFileSync(portFile, 'utf8')) : undefined;
  const server = await listen(kept).catch(async () => listen(await freePort()));
  const { port } = server.address();
  if (port !== kept) {
    // Its tokens name another issuer.
    fs.readdirSync(folder)
      .filter((name) => name.endsWith('.requests'))
      .forEach((name) => fs.rmSync(file(name)));
    fs.writeFileSync(portFile, String(port));
  }
  const url = `http://127.0.0.1:${port}/oauth2/default`;
  const documents = {
    '/oauth2/default/.well-known/openid-configuration': {
      issuer: url,
      jwks_uri: `${url}/v1/keys`,
      authorization_endpoint: `${url}/v1/authorize`,
      token_endpoint: `${url}/v1/token`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
    },
    '/oauth2/default/v1/keys': { keys: [jwk] },
  };
  server.on('request', (request, response) => {
    // jwt-authorizer asks for a key with a query.
    const document = documents[request.url.split('?')[0]];
    response.writeHead(document ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(document ?? {}));
  });

  /** A file of requests with so many tokens: its path, and the bytes of each. */
  async function requests(count) {
    const name = file(`${count}.requests`);
    const now = Math.floor(Date.now() / 1000);
    const isGood = fs.existsSync(name) && fs.statSync(name).mtimeMs / 1000 > now - LIFE + DAY;
    if (!isGood) {
      const claims = (filler) =>
        JSON.stringify({
          ver: 1,
          jti: '',
          iss: url,
          aud: AUDIENCE,
          iat: now,
          exp: now + LIFE,
          cid: '0oa0123456789abcdef0',
          uid: '00u0123456789abcdef0',
          scp: ['profile:read'],
          sub: 'ada@example.com',
          groups: ['x'.repeat(filler)],
        });
      const mint = (filler) =>
        output(peers, ['requests', name, count, key, claims(filler)].map(String));
      const length = () => tokenIn(firstLine(name)).length;
      if (fillerBytes === undefined) {
        await output(peers, ['requests', name, '1', key, claims(1)]);
        fillerBytes = 1 + Math.floor(((TOKEN_BYTES - length()) * 3) / 4);
      }
      await mint(fillerBytes);
    }
    return { file: name, bytes: fs.statSync(name).size / count };
  }
  let fillerBytes;

  const { file: one } = await requests(1);
  return {
    url,
    pem: file('key.pem'),
    key,
    jwk,
    token: tokenIn(firstLine(one)),
    requests,
    stop: () => server.close(),
  };
}

function firstLine(name) {
  const file = fs.openSync(name);
  const buffer = Buffer.alloc(2048);
  const length = fs.readSync(file, buffer);
  fs.closeSync(file);
  return buffer.toString('latin1', 0, length);
}

const tokenIn = (text) => /Bearer (\S+)/.exec(text)[1];

function listen(port) {
  return new Promise((resolve, reject) => {
    const server = http.createServer();
    server.on('error', reject).listen(port ?? 0, '127.0.0.1', () => resolve(server));
  });
}
