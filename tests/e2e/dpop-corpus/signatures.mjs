// Who signs a proof, and how: other callers, damaged signatures, other inputs and none at all.
import crypto from 'node:crypto';
import { encode, signed, thumbprint } from './draft.mjs';
import { row } from './forms.mjs';
import { NEUTRAL, holders, privateJwk, thieves } from './keys.mjs';

const NOT_ALLOWED = 'proof_algorithm_not_allowed';
const FORGED = 'proof_bad_signature';

/** Keys of two callers. `own` is that of the token. */
const callers = Object.keys(holders).flatMap((alg) => {
  const [own, other] = [holders[alg], thieves[alg]];
  const by = (name, reason, jwk, key, bound = own) => row(`${alg}: ${name}`, reason, (draft) => {
    draft.signBy(key);
    draft.header.jwk = jwk;
    draft.bindTo(bound.jwk);
  });
  return [
    by('the key of the token', null, own.jwk, own),
    by('the key of the thief', 'proof_wrong_key', other.jwk, other),
    by('the key of the token, signed by the thief', FORGED, own.jwk, other),
    by('the key of the thief, signed by the key of the token', 'proof_wrong_key', other.jwk, own),
    by('the private key of the thief', 'proof_wrong_key', privateJwk(other), other),
    by('the token of the thief', 'proof_wrong_key', own.jwk, own, other),
    by('two keys in a list', 'proof_without_key', [own.jwk, other.jwk], own),
    by('a key set', 'proof_key_not_accepted', { keys: [own.jwk] }, own),
    row(`${alg}: the ath of another token`, 'proof_wrong_token', (draft) => {
      draft.signBy(own);
      const { ath } = draft.claims;
      draft.bindTo(own.jwk);
      draft.claims.ath = ath;
    }),
  ];
});

/** A good proof with another signature. */
const signature = (alg, name, reason, change, of = alg) => row(`${of}: ${name}`, reason, (draft) => {
  const key = holders[alg];
  draft.signBy(key);
  draft.header.alg = of;
  draft.signature = (input) => change(signed(of, key, input), { input, key, of });
});
const halves = (bytes) => [bytes.subarray(0, bytes.length / 2), bytes.subarray(bytes.length / 2)];
const split = (change) => (bytes) => Buffer.concat(change(...halves(bytes)));
const flip = (at) => (bytes) => {
  bytes[at < 0 ? bytes.length + at : at] ^= 1;
  return bytes;
};
const otherHash = (hash) => (_, { input, key, of }) => signed(of, key, input, hash);
const withOptions = (options) => (_, { input, key, of }) => signed(of, key, input, undefined, options);
const otherInput = (change) => (_, { input, key, of }) => signed(of, key, change(input));
/** The orders of P-256 and of Ed25519. */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const number = (bytes) => BigInt(`0x${bytes.toString('hex')}`);
const inBytes = (value, length) => Buffer.from(value.toString(16).padStart(2 * length, '0'), 'hex');
/** The same content with the other value of `s`, which is valid too (RFC 7518 section 3.4). */
export const withOtherS = split((r, s) => [r, inBytes(ORDER - number(s), 32)]);
const little = (bytes) => Buffer.from(bytes).reverse();

const damages = [['ES256'], ['ES384'], ['EdDSA'], ['RS256'], ['RS256', 'PS256']].flatMap(([alg, of]) => [
  ['unchanged', null, (bytes) => bytes],
  ['its first bit changed', FORGED, flip(0)],
  ['its last bit changed', FORGED, flip(-1)],
  ['one byte cut off', FORGED, (bytes) => bytes.subarray(0, -1)],
  ['its first byte cut off', FORGED, (bytes) => bytes.subarray(1)],
  ['one byte more', FORGED, (bytes) => Buffer.concat([bytes, Buffer.alloc(1)])],
  ['a zero before it', FORGED, (bytes) => Buffer.concat([Buffer.alloc(1), bytes])],
  ['half of it', FORGED, (bytes) => halves(bytes)[0]],
  ['twice', FORGED, (bytes) => Buffer.concat([bytes, bytes])],
  ['halves exchanged', FORGED, split((r, s) => [s, r])],
  ['backwards', FORGED, (bytes) => bytes.reverse()],
  ['zeros', FORGED, (bytes) => Buffer.alloc(bytes.length)],
  ['ones', FORGED, (bytes) => Buffer.alloc(bytes.length, 0xff)],
  ['as text', FORGED, (bytes) => bytes.toString('hex')],
  ['of the payload alone', FORGED, otherInput((input) => input.split('.')[1])],
  ['of the decoded payload', FORGED, otherInput((input) => Buffer.from(input.split('.')[1], 'base64url'))],
  ['with a dot at the end of the input', FORGED, otherInput((input) => `${input}.`)],
  ['of another proof', FORGED, otherInput((input) => `${input}A`)],
].map(([name, reason, change]) => signature(alg, name, reason, change, of)));

const special = [
  ...['ES256', 'ES384'].flatMap((alg) => [
    signature(alg, 'in DER', FORGED, withOptions({ dsaEncoding: 'der' })),
    signature(alg, 'over SHA-512', FORGED, otherHash('sha512')),
    signature(alg, 'r of zero', FORGED, split((r, s) => [Buffer.alloc(r.length), s])),
    signature(alg, 's of zero', FORGED, split((r, s) => [r, Buffer.alloc(s.length)])),
    signature(alg, 'each number with a zero before it', FORGED, split((r, s) => [Buffer.alloc(1), r, Buffer.alloc(1), s])),
  ]),
  signature('ES256', 'the other s', null, withOtherS),
  signature('ES256', 'r of the order', FORGED, split((_, s) => [inBytes(ORDER, 32), s])),
  signature('ES256', 's of the order', FORGED, split((r) => [r, inBytes(ORDER, 32)])),
  signature('EdDSA', 'S plus the order', FORGED, split((R, S) => [R, little(inBytes(number(little(S)) + L, 32))])),
  signature('EdDSA', 'S of zero', FORGED, split((R) => [R, Buffer.alloc(32)])),
  signature('EdDSA', 'R of the neutral point', FORGED, split((_, S) => [NEUTRAL, S])),
  signature('RS256', 'over SHA-384', FORGED, otherHash('sha384')),
  signature('RS256', 'by PSS', FORGED, (_, { input, key }) => signed('PS256', key, input)),
  signature('RS256', 'by PKCS #1, alg PS256', FORGED, (_, { input, key }) => signed('RS256', key, input), 'PS256'),
  signature('RS256', 'over SHA-384', FORGED, otherHash('sha384'), 'PS256'),
  signature('RS256', 'without salt', FORGED, withOptions({ saltLength: 0 }), 'PS256'),
  signature('RS256', 'with a salt of 20 bytes', FORGED, withOptions({ saltLength: 20 }), 'PS256'),
  signature('RS256', 'with the longest salt', FORGED, withOptions({ saltLength: 222 }), 'PS256'),
];

/** HMAC with what everybody knows: the public key. */
const hmac = ['ES256', 'RS256', 'EdDSA'].flatMap((alg) => {
  const { publicKey, jwk } = holders[alg];
  const secrets = {
    PEM: publicKey.export({ format: 'pem', type: 'spki' }),
    DER: publicKey.export({ format: 'der', type: 'spki' }),
    JSON: JSON.stringify(jwk),
    thumbprint: thumbprint(jwk),
  };
  return Object.entries(secrets).flatMap(([name, secret]) => ['HS256', 'HS512'].map((hs) =>
    row(`${hs} with the ${name} of a key for ${alg}`, NOT_ALLOWED, (draft) => {
      draft.signBy(holders[alg]);
      draft.header.alg = hs;
      draft.signature = (input) => crypto.createHmac(`sha${hs.slice(2)}`, secret).update(input).digest();
    })));
});
const symmetric = row('HS256 with a symmetric jwk', NOT_ALLOWED, (draft) => {
  Object.assign(draft.header, { alg: 'HS256', jwk: { kty: 'oct', k: encode(Buffer.alloc(32)) } });
  draft.signature = (input) => crypto.createHmac('sha256', Buffer.alloc(32)).update(input).digest();
});
const unsigned = ['none', 'None', 'nOnE', 'NONE', ''].map((alg) =>
  row(`alg "${alg}" without a signature`, NOT_ALLOWED, (draft) => {
    draft.header.alg = alg;
    draft.signature = () => '';
  }));

export const families = [
  { name: 'caller', cases: callers },
  { name: 'signature', cases: [...damages, ...special] },
  { name: 'not signed by a key', cases: [...hmac, symmetric, ...unsigned] },
];
