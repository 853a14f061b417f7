// A proof as a draft: npm `dpop` or `oauth4webapi` makes a good one, a case changes it, and then it
// is signed here, because the libraries refuse to sign most faults.
import crypto from 'node:crypto';
import * as dpop from 'dpop';
import * as oauth from 'oauth4webapi';

export const encode = (value) => Buffer.from(value).toString('base64url');
export const digest = (bytes) => crypto.createHash('sha256').update(bytes).digest('base64url');
const decode = (segment) => JSON.parse(Buffer.from(segment, 'base64url'));

const EC = { dsaEncoding: 'ieee-p1363' };
const PKCS1 = { padding: crypto.constants.RSA_PKCS1_PADDING };
const PSS = { padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: crypto.constants.RSA_PSS_SALTLEN_DIGEST };
/** The hash and the options of `crypto.sign`, by algorithm. */
const SIGNERS = {
  ES256: ['sha256', EC],
  ES256K: ['sha256', EC],
  ES384: ['sha384', EC],
  ES512: ['sha512', EC],
  ...Object.fromEntries(['256', '384', '512'].flatMap((bits) => [
    [`RS${bits}`, [`sha${bits}`, PKCS1]],
    [`PS${bits}`, [`sha${bits}`, PSS]],
  ])),
  EdDSA: [null, {}],
};

/** The signature of `alg` by `key`. `hash` and `options` replace those of the algorithm. */
export function signed(alg, key, input, hash = SIGNERS[alg][0], options = {}) {
  return crypto.sign(hash, Buffer.from(input), { key: key.privateKey, ...SIGNERS[alg][1], ...options });
}

const PAIRS = {
  ES256: ['ec', { namedCurve: 'P-256' }],
  ES384: ['ec', { namedCurve: 'P-384' }],
  ES512: ['ec', { namedCurve: 'P-521' }],
  ES256K: ['ec', { namedCurve: 'secp256k1' }],
  RS256: ['rsa', { modulusLength: 2048 }],
  EdDSA: ['ed25519', {}],
};

/** A key for `alg`. `type` and `options` are those of `generateKeyPairSync`. */
export function newKey(alg, [type, options] = PAIRS[alg]) {
  const { publicKey, privateKey } = crypto.generateKeyPairSync(type, options);
  return { alg, publicKey, privateKey, jwk: publicKey.export({ format: 'jwk' }) };
}

/** RFC 7638, with members of any type, as `oauth4webapi` computes it. */
export function thumbprint({ crv, e, kty, n, x, y }) {
  const members = { RSA: { e, kty, n }, OKP: { crv, kty, x } };
  return digest(JSON.stringify(members[kty] ?? { crv, kty, x, y }));
}

/** Who makes good proofs, for a pair of keys of WebCrypto. */
export const MAKERS = {
  'npm dpop': (pair, url, token) => dpop.generateProof(pair, url, 'GET', undefined, token),
  async oauth4webapi(pair, url, token) {
    let proof;
    const keep = async (_, { headers }) => {
      proof = headers.get?.('dpop') ?? headers.dpop;
      return new Response('');
    };
    const options = {
      DPoP: oauth.DPoP({ client_id: 'shop' }, pair),
      [oauth.customFetch]: keep,
      [oauth.allowInsecureRequests]: true,
    };
    await oauth.protectedResourceRequest(token, 'GET', new URL(url), undefined, undefined, options);
    return proof;
  },
};

/** The draft of a proof by `holder` for a request with `token`. */
export async function draftOf(world, token, maker) {
  const { holder, url } = world;
  const proof = await MAKERS[maker](holder.pair, url, token);
  const [header, claims] = proof.split('.').slice(0, 2).map(decode);
  const draft = {
    world,
    token,
    header,
    claims,
    key: holder,
    scheme: 'DPoP',
    target: url,
    /** What is changed in the JSON, in the parts before they are signed, in the signature and in the header field. */
    headerJson: (json) => json,
    claimsJson: (json) => json,
    parts: (header, claims) => [header, claims],
    signature: (input) => signed(draft.key.alg, draft.key, input),
    lastPart: (part) => part,
    field: (proof) => proof,
    /** Replaces the token by one that is bound to this key. */
    bindTo(jwk) {
      draft.token = world.mint({ jkt: thumbprint(jwk) });
      draft.claims.ath = digest(draft.token);
    },
    /** Makes it a proof by this key. */
    signBy(key) {
      Object.assign(draft, { key });
      Object.assign(draft.header, { alg: key.alg, jwk: key.jwk });
      draft.bindTo(key.jwk);
    },
  };
  return draft;
}

/** The header field `DPoP`: a string, a list of strings for several fields, or undefined for none. */
export function fieldOf(draft) {
  const header = encode(draft.headerJson(JSON.stringify(draft.header)));
  const claims = encode(draft.claimsJson(JSON.stringify(draft.claims)));
  const input = draft.parts(header, claims).join('.');
  const signature = Buffer.from(draft.signature(input, draft));
  return draft.field(`${input}.${draft.lastPart(signature.toString('base64url'))}`, draft);
}
