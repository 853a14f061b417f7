// Binds tokens to a key of this page (DPoP, RFC 9449), as a plugin of Swagger UI.
//
// 1. WebCrypto makes the key when it is first needed. Nothing can export it, and it is gone when the
//    page is closed, as the tokens are.
// 2. A token request has a proof if the person chose it. If the issuer requires a proof of the
//    client, the request is sent again with one.
// 3. Each call with a bound token has a new proof.
// 4. A server that requires a nonce gets the request once again, with a proof that contains it.
'use strict';

/** The WebCrypto parameters of algorithms, the preferred one first. */
const PROOF_KEYS = {
  ES256: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  ES384: { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' },
  EdDSA: { name: 'Ed25519' },
  RS256: { ...rsa('RSASSA-PKCS1-v1_5'), hash: 'SHA-256' },
  RS384: { ...rsa('RSASSA-PKCS1-v1_5'), hash: 'SHA-384' },
  RS512: { ...rsa('RSASSA-PKCS1-v1_5'), hash: 'SHA-512' },
  PS256: { ...rsa('RSA-PSS'), hash: 'SHA-256', saltLength: 32 },
  PS384: { ...rsa('RSA-PSS'), hash: 'SHA-384', saltLength: 48 },
  PS512: { ...rsa('RSA-PSS'), hash: 'SHA-512', saltLength: 64 },
};

function rsa(name) {
  return { name, modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) };
}

const base64url = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
const utf8 = (text) => new TextEncoder().encode(text);

/** Whether a token is bound to a key, which then is not that of this page. */
function isBoundToken(token) {
  try {
    const payload = token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/');
    return Boolean(JSON.parse(atob(payload)).cnf?.jkt);
  } catch {
    return false;
  }
}

/** Which tokens the operations of a document accept. */
function acceptedTokens({ paths }) {
  const operations = Object.values(paths).flatMap((path) => Object.values(path));
  const schemes = operations.map(({ security }) => (security ?? []).flatMap((way) => Object.keys(way)));
  const bound = schemes.filter((names) => names.includes('DPoPAuth'));
  return {
    bound: bound.length > 0,
    boundAlone: bound.some((names) => !names.includes('BearerAuth')),
    withCertificate: schemes.some((names) => names.includes('CertificateBoundAuth')),
    bearer: schemes.some((names) => names.includes('BearerAuth')),
  };
}

/** Makes proofs with the key of this page. */
function proofMaker(algorithms) {
  const algorithm = Object.keys(PROOF_KEYS).find((it) => algorithms.includes(it));
  const parameters = PROOF_KEYS[algorithm];
  let key;

  async function makeKey() {
    const { privateKey, publicKey } = await crypto.subtle.generateKey(parameters, false, ['sign', 'verify']);
    const { key_ops, ext, alg, ...jwk } = await crypto.subtle.exportKey('jwk', publicKey);
    return { privateKey, jwk };
  }

  async function make(method, url, token, nonce) {
    key ??= makeKey();
    const { privateKey, jwk } = await key;
    const { origin, pathname } = new URL(url, location.href);
    const header = { typ: 'dpop+jwt', alg: algorithm, jwk };
    const claims = {
      jti: crypto.randomUUID(),
      htm: method.toUpperCase(),
      htu: origin + pathname,
      iat: Math.floor(Date.now() / 1000),
    };
    if (token) claims.ath = base64url(await crypto.subtle.digest('SHA-256', utf8(token)));
    if (nonce) claims.nonce = nonce;
    const signed = [header, claims].map((part) => base64url(utf8(JSON.stringify(part)))).join('.');
    return `${signed}.${base64url(await crypto.subtle.sign(parameters, privateKey, utf8(signed)))}`;
  }

  // Browsers have WebCrypto only in secure contexts: https, and pages of this machine.
  return { isPossible: Boolean(algorithm && globalThis.crypto?.subtle), make };
}

/** The plugin, and the interceptor of the requests of Swagger UI. */
function boundTokens(settings, document_) {
  const accepted = acceptedTokens(document_);
  const proofs = proofMaker(settings.proofAlgorithms);
  const tokenEndpoints = new Set();
  /** The latest nonce of each origin. */
  const nonces = new Map();
  let isWanted = accepted.boundAlone && proofs.isPossible;

  async function send(url, request, token) {
    const { origin } = new URL(url, location.href);
    for (let attempt = 1; ; attempt++) {
      const used = nonces.get(origin);
      const proof = await proofs.make(request.method ?? 'GET', url, token, used);
      const response = await fetch(url, { ...request, headers: { ...request.headers, DPoP: proof } });
      const nonce = response.headers.get('DPoP-Nonce');
      if (nonce) nonces.set(origin, nonce);
      const isRequired = nonce && nonce !== used && [400, 401].includes(response.status);
      if (!isRequired || attempt === 2) return response;
    }
  }

  async function requestToken(url, request) {
    if (isWanted) return send(url, request);
    const response = await fetch(url, request);
    if (response.status !== 400 || !proofs.isPossible) return response;
    const { error, error_description: description } = await response
      .clone()
      .json()
      .catch(() => ({}));
    if (error !== 'invalid_dpop_proof' && !/\bdpop\b/i.test(description ?? '')) return response;
    isWanted = true;
    return send(url, request);
  }

  function intercept(request) {
    const token = /^DPoP (.+)$/i.exec(request.headers?.Authorization ?? '')?.[1];
    if (token) request.userFetch = (url, init) => send(url, init, token);
    else if (tokenEndpoints.has(new URL(request.url, location.href).href)) request.userFetch = requestToken;
    return request;
  }

  const plugin = (system) => {
    const { createElement: h, useState } = system.React;

    /** The choice, before the button that gets a token. */
    function BindToken() {
      const [isChecked, check] = useState(isWanted);
      if (!accepted.bound) return null;
      const change = (event) => {
        isWanted = event.target.checked;
        check(isWanted);
      };
      const input = h('input', {
        type: 'checkbox',
        checked: isChecked,
        disabled: !proofs.isPossible || (!accepted.bearer && !accepted.withCertificate && isChecked),
        onChange: change,
      });
      const hint = !proofs.isPossible
        ? 'Not possible here: the browser offers cryptography to pages with https and to pages of this machine only. ' +
          'Open this page at an https address or at http://localhost.'
        : !accepted.bearer && accepted.withCertificate
          ? 'This API requires it, unless the issuer binds the token to the certificate of this browser.'
          : !accepted.bearer
            ? 'This API requires it. Only this page can use the token.'
            : accepted.boundAlone
              ? 'Some operations require it. Only this page can then use the token.'
              : 'Only this page can then use the token (DPoP).';
      return h(
        'label',
        { className: 'bind' },
        input,
        h('span', null, 'Bind the token to this browser', h('small', null, hint)),
      );
    }

    /** What the token in use is bound to. */
    function BoundTo({ auth }) {
      const isBound = /^dpop$/i.test(auth.getIn(['token', 'token_type']) ?? '');
      if (isBound) return h('p', null, 'The token is bound to this browser: each call has a proof of its key.');
      if (!isWanted) return null;
      return h(
        'p',
        { className: 'hint' },
        'The issuer did not bind the token to this browser: it may not support DPoP. Operations that require a bound token refuse it' +
          (accepted.withCertificate ? ', unless the issuer bound it to the certificate of this browser.' : '.'),
      );
    }

    /** Remembers where tokens come from. */
    const wrapAuthorizeRequest = (authorizeRequest) => (request) => {
      tokenEndpoints.add(new URL(request.url, location.href).href);
      return authorizeRequest(request);
    };

    return {
      components: { BindToken, BoundTo },
      statePlugins: { auth: { wrapActions: { authorizeRequest: wrapAuthorizeRequest } } },
    };
  };

  return { plugin, intercept };
}
