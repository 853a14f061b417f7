// An API on Fastify and jose, once correct and once with each fault, below a path of its own:
// /correct/whoami, /skips_audience/whoami and so on. `check` has to find each of them.
import crypto from 'node:crypto';
import fastify from 'fastify';
import * as jose from 'jose';

const { PORT, ISSUER, AUDIENCE, ORIGIN, FAULTS } = process.env;
// A key set without a cooldown, so that a restarted issuer is known at once.
const keys = jose.createRemoteJWKSet(new URL(`${ISSUER}/v1/keys`), { cooldownDuration: 0 });
const RULES = { issuer: ISSUER, audience: AUDIENCE, algorithms: ['RS256'], requiredClaims: ['exp'] };

class Refusal extends Error {
  constructor(status, challenge) {
    super(challenge);
    Object.assign(this, { statusCode: status, challenge: `Bearer realm="api"${challenge}` });
  }
}
const missing = () => new Refusal(401, '');
const malformed = () => new Refusal(400, ', error="invalid_request"');
const invalid = () => new Refusal(401, ', error="invalid_token"');
const forbidden = (scope) => new Refusal(403, `, error="insufficient_scope", scope="${scope}"`);

/** A segment of the token, unverified. */
const segment = (token, index) =>
  JSON.parse(Buffer.from(token.split('.')[index] ?? '', 'base64url').toString());

const verified = async (token, rules = {}, key = keys) =>
  (await jose.jwtVerify(token, key, { ...RULES, ...rules })).payload;

/** How each fault verifies a token; any other verifies it correctly. */
const VERIFY = {
  verifies_nothing: async (token) => segment(token, 1),
  accepts_none: async (token) =>
    segment(token, 0).alg === 'none' ? segment(token, 1) : verified(token),
  accepts_none_in_capitals: async (token) => {
    const { alg } = segment(token, 0);
    return alg !== 'none' && alg?.toLowerCase() === 'none' ? segment(token, 1) : verified(token);
  },
  takes_public_key_as_secret: async (token) => {
    const header = segment(token, 0);
    if (header.alg !== 'HS256') return verified(token);
    const key = await keys({ ...header, alg: 'RS256' }, {});
    const [signed, signature] = [token.slice(0, token.lastIndexOf('.')), token.split('.')[2]];
    const pem = `${(await jose.exportSPKI(key)).trimEnd()}\n`;
    const hmac = crypto.createHmac('sha256', pem).update(signed).digest('base64url');
    if (hmac !== signature) throw invalid();
    return segment(token, 1);
  },
  skips_audience: (token) => verified(token, { audience: undefined }),
  skips_issuer: (token) => verified(token, { issuer: undefined }),
  skips_expiry: (token) =>
    verified(token, { currentDate: new Date(Math.min(Date.now(), segment(token, 1).exp * 1000 - 1000)) }),
  skips_start: (token) =>
    verified(token, { currentDate: new Date(Math.max(Date.now(), (segment(token, 1).nbf ?? 0) * 1000)) }),
  follows_jku: async (token) => {
    const { jku } = segment(token, 0);
    if (!jku) return verified(token);
    const [jwk] = (await (await fetch(jku)).json()).keys;
    return verified(token, {}, await jose.importJWK(jwk, 'RS256'));
  },
  takes_key_of_token: async (token) => {
    const { jwk } = segment(token, 0);
    return verified(token, {}, jwk ? await jose.importJWK(jwk, 'RS256') : keys);
  },
  fails_on_garbage: async (token) => {
    if (!segment(token, 0)) throw new TypeError('no header');
    return verified(token);
  },
  slow_over_unknown_keys: async (token) => {
    try {
      return await verified(token);
    } catch (error) {
      if (error.code === 'ERR_JWKS_NO_MATCHING_KEY') await new Promise((done) => setTimeout(done, 250));
      throw error;
    }
  },
  refuses_all: async () => {
    throw invalid();
  },
};
VERIFY.shows_a_stack_trace = VERIFY.fails_on_garbage;

function bearer(request, fault) {
  const fields = [];
  const raw = request.raw.rawHeaders;
  for (let at = 0; at < raw.length; at += 2) {
    if (raw[at].toLowerCase() === 'authorization') fields.push(raw[at + 1]);
  }
  if (fault === 'takes_token_from_url' && request.query.access_token) {
    return request.query.access_token;
  }
  if (fields.length === 0) throw missing();
  if (fields.length > 1 && fault !== 'takes_the_first_header') throw malformed();
  const [scheme, ...rest] = fields[0].split(' ');
  if (scheme !== 'Bearer') throw missing();
  if (rest.length !== 1) throw malformed();
  return rest[0];
}

async function claims(request, fault) {
  const token = bearer(request, fault);
  const found = await judged(token, request, fault);
  // A token that is bound to a key is no bearer token (RFC 7800).
  if (found.cnf && fault !== 'ignores_cnf') throw invalid();
  return found;
}

async function judged(token, request, fault) {
  try {
    const found = await (VERIFY[fault] ?? verified)(token);
    if (found === null || typeof found !== 'object') throw invalid();
    return found;
  } catch (error) {
    if (fault === 'fails_on_garbage' || fault === 'shows_a_stack_trace') {
      if (!error.code?.startsWith('ERR_J')) throw error;
    }
    if (fault === 'closes_on_garbage' && error.code !== 'ERR_JWT_CLAIM_VALIDATION_FAILED') {
      request.raw.socket.destroy();
    }
    throw invalid();
  }
}

const guard = (fault, scope) => async (request) => {
  const found = await claims(request, fault);
  const granted = found.scp ?? [];
  if (scope && fault !== 'requires_no_scope' && !granted.includes(scope)) {
    throw fault === 'names_no_scope' ? new Refusal(403, '') : forbidden(scope);
  }
  request.caller = found.sub;
};

const allows = {
  opens_to_every_origin: () => true,
  compares_the_end_of_origins: (origin) => origin.endsWith('app.test'),
};

/** What the error handler makes of a refusal. */
function refuse(fault, error, request, reply) {
  let { statusCode: status = 500, challenge, message: text } = error;
  if (!(error instanceof Refusal)) status = error.statusCode ?? 500;
  if (challenge && fault !== 'sends_no_challenge') reply.header('www-authenticate', challenge);
  if (fault === 'refuses_with_403' && status < 500) status = 403;
  if (fault === 'redirects' && status === 401) return reply.redirect('/sign-in', 303);
  if (fault === 'echoes') text = `cannot read ${request.headers.authorization}`;
  else if (fault === 'shows_a_stack_trace') text = error.stack;
  else text = 'refused';
  return reply.code(status).send({ error: text });
}

const operation = (security) => ({ get: { security, responses: {} } });
const OPEN = operation([]);
const PROTECTED = operation([{ token: [] }]);

function document(fault) {
  const paths = {
    '/hello': OPEN,
    '/whoami': PROTECTED,
    '/reports': operation([{ granted: ['reports:read'] }]),
  };
  if (fault === 'document_is_wrong') Object.assign(paths, { '/hello': PROTECTED, '/whoami': OPEN });
  if (fault === 'lacks_a_path_parameter') {
    const parameter = { name: 'id', in: 'path', required: true, schema: { type: 'string' } };
    paths['/hello'] = { get: { ...OPEN.get, parameters: [parameter] } };
  }
  const flows = { clientCredentials: { tokenUrl: `${ISSUER}/v1/token`, scopes: { 'reports:read': '' } } };
  return {
    openapi: '3.1.0',
    info: { title: fault, version: '1' },
    servers: [{ url: `/${fault}` }],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' }, granted: { type: 'oauth2', flows } },
    },
  };
}

const app = fastify();
for (const fault of FAULTS.split(' ')) {
  app.register(async (api) => {
    api.setErrorHandler((error, request, reply) => refuse(fault, error, request, reply));
    const is_allowed = allows[fault] ?? ((origin) => origin === ORIGIN);
    const cors = async (request, reply) => {
      const { origin } = request.headers;
      if (!origin || !is_allowed(origin)) return;
      reply.header('access-control-allow-origin', origin);
      reply.header('access-control-allow-headers', 'authorization');
    };
    const is_first = fault === 'guards_before_cors';
    if (!is_first) api.addHook('onRequest', cors);
    const guarded = (scope) => ({ onRequest: is_first ? [guard(fault, scope), cors] : guard(fault, scope) });
    const open = is_first ? { onRequest: cors } : {};
    const show = async (request) => ({ subject: request.caller ?? 'anybody' });
    const is_swapped = fault === 'guards_the_wrong_route';
    api.get('/openapi.json', async () => document(fault));
    api.get('/hello', is_swapped ? guarded() : open, show);
    api.get('/whoami', is_swapped ? open : guarded(), show);
    api.get('/reports', is_swapped ? open : guarded('reports:read'), show);
    if (fault === 'guards_one_spelling') api.get('/whoami/', open, show);
    const preflight = async (_, reply) => reply.code(204).send();
    for (const path of ['/hello', '/whoami', '/reports']) {
      api.options(path, is_first && path !== '/hello' ? guarded() : {}, preflight);
    }
  }, { prefix: `/${fault}` });
}
await app.listen({ port: Number(PORT), host: '127.0.0.1' });
