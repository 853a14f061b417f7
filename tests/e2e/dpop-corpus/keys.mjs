// The keys of proofs: their algorithms, their kinds and their notations.
import crypto from 'node:crypto';
import { encode, newKey, signed } from './draft.mjs';
import { row } from './forms.mjs';

const KEYS = ['ES256', 'ES384', 'RS256', 'EdDSA'];
/** A key of each kind, and one of another caller. */
export const holders = Object.fromEntries(KEYS.map((alg) => [alg, newKey(alg)]));
export const thieves = Object.fromEntries(KEYS.map((alg) => [alg, newKey(alg)]));

const NOT_ALLOWED = 'proof_algorithm_not_allowed';
const NOT_ACCEPTED = 'proof_key_not_accepted';
const FORGED = 'proof_bad_signature';

/** What signs with each algorithm that the service accepts. */
const KINDS = {
  'EC P-256': ['ES256'],
  'EC P-384': ['ES384'],
  'OKP Ed25519': ['EdDSA', 'Ed25519'],
  'RSA undefined': ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
};
const ACCEPTED = Object.values(KINDS).flat();
const OTHERS = ['none', 'None', 'NONE', 'HS256', 'HS384', 'HS512', 'ES512', 'ES256K', 'RSA-OAEP', 'ECDH-ES', 'dir',
  'ML-DSA-44', 'Ed448', 'SHA256withECDSA', 'es256', 'rs256', 'eddsa', 'ES256 ', '1.2.840.10045.4.3.2'];

/** Each key with each name of an algorithm; signed with it if the key can. */
function algorithmCases(key) {
  const { kty, crv } = key.jwk;
  const own = KINDS[`${kty} ${crv}`] ?? [];
  return [...ACCEPTED, ...OTHERS].map((alg) => {
    const fits = own.includes(alg);
    const reason = fits ? null : ACCEPTED.includes(alg) ? NOT_ACCEPTED : NOT_ALLOWED;
    return row(`a key for ${key.alg}, alg ${alg}`, reason, (draft) => {
      draft.signBy(key);
      draft.header.alg = alg;
      const by = fits && alg !== 'Ed25519' ? alg : key.alg;
      draft.signature = (input) => signed(by, key, input);
    });
  });
}

/** A key that can sign, of a kind that is not accepted, with its own algorithm or another one. */
const otherKey = (name, reason, key, alg) => row(name, reason, (draft) => {
  draft.signBy(key);
  draft.header.alg = alg ?? key.alg;
});
const secp256k1 = newKey('ES256K');
const p521 = newKey('ES512');
const ed448 = newKey('EdDSA', ['ed448', {}]);
const kinds = [
  otherKey('P-521 with ES512', NOT_ALLOWED, p521),
  otherKey('P-521 with ES256', NOT_ACCEPTED, p521, 'ES256'),
  otherKey('secp256k1 with ES256K', NOT_ALLOWED, secp256k1),
  otherKey('secp256k1 with ES256', NOT_ACCEPTED, secp256k1, 'ES256'),
  otherKey('Ed448 with EdDSA', NOT_ACCEPTED, ed448),
  otherKey('RSA of 1,024 bits', NOT_ACCEPTED, newKey('RS256', ['rsa', { modulusLength: 1024 }])),
  otherKey('RSA of 2,040 bits', NOT_ACCEPTED, newKey('RS256', ['rsa', { modulusLength: 2040 }])),
  otherKey('RSA with the exponent 3', null, newKey('RS256', ['rsa', { modulusLength: 2048, publicExponent: 3 }])),
];

/** A good key in another notation, or with another member. The token is bound to what the proof has. */
const jwk = (alg, name, reason, change) => row(`${alg}: ${name}`, reason, (draft) => {
  draft.signBy(holders[alg]);
  draft.header.jwk = { ...draft.header.jwk };
  change(draft.header.jwk);
  draft.bindTo(draft.header.jwk);
});
const bytes = (text, change) => encode(change(Buffer.from(text, 'base64url')));
const longer = (it) => Buffer.concat([it, Buffer.alloc(1)]);
const withZero = (it) => Buffer.concat([Buffer.alloc(1), it]);
const zeros = (it) => Buffer.alloc(it.length);
export const privateJwk = (key) => key.privateKey.export({ format: 'jwk' });

const notations = [
  ...KEYS.flatMap((alg) => {
    const member = holders[alg].jwk.n ? 'n' : 'x';
    return [
      jwk(alg, 'unchanged', null, () => {}),
      jwk(alg, `${member} with a byte more`, NOT_ACCEPTED, (it) => (it[member] = bytes(it[member], longer))),
      jwk(alg, `${member} of zeros`, NOT_ACCEPTED, (it) => (it[member] = bytes(it[member], zeros))),
      jwk(alg, 'the alg of another key', NOT_ACCEPTED, (it) => (it.alg = alg === 'ES384' ? 'ES256' : 'ES384')),
      jwk(alg, 'its own alg', null, (it) => (it.alg = alg)),
      jwk(alg, 'for encryption', NOT_ACCEPTED, (it) => (it.use = 'enc')),
      jwk(alg, 'for signing only', NOT_ACCEPTED, (it) => (it.key_ops = ['sign'])),
      jwk(alg, 'for signing and verifying', null, (it) => (it.key_ops = ['sign', 'verify'])),
      jwk(alg, 'with the private key', 'proof_with_private_key', (it) => Object.assign(it, privateJwk(holders[alg]))),
    ];
  }),
  ...['ES256', 'ES384'].flatMap((alg) => [
    jwk(alg, 'x and y exchanged', NOT_ACCEPTED, (it) => ([it.x, it.y] = [it.y, it.x])),
    jwk(alg, 'x with a zero before it', NOT_ACCEPTED, (it) => (it.x = bytes(it.x, withZero))),
    jwk(alg, 'the point at infinity', NOT_ACCEPTED, (it) => (it.x = it.y = bytes(it.x, zeros))),
    jwk(alg, 'a compressed point', NOT_ACCEPTED, (it) => {
      it.x = bytes(it.x, (b) => Buffer.concat([Buffer.of(2), b]));
      delete it.y;
    }),
  ]),
  jwk('ES256', 'crv P-384', NOT_ACCEPTED, (it) => (it.crv = 'P-384')),
  jwk('RS256', 'n with a zero before it', null, (it) => (it.n = bytes(it.n, withZero))),
  jwk('RS256', 'e with a zero before it', null, (it) => (it.e = 'AAEAAQ')),
  jwk('RS256', 'e of zero', NOT_ACCEPTED, (it) => (it.e = 'AA')),
  jwk('RS256', 'an even e', NOT_ACCEPTED, (it) => (it.e = 'AQAA')),
  jwk('RS256', 'another e', FORGED, (it) => (it.e = 'Aw')),
  jwk('RS256', 'a crv', NOT_ACCEPTED, (it) => (it.crv = 'P-256')),
  jwk('RS256', 'no n', NOT_ACCEPTED, (it) => delete it.n),
  jwk('RS256', 'no e', NOT_ACCEPTED, (it) => delete it.e),
  jwk('EdDSA', 'crv X25519', NOT_ACCEPTED, (it) => (it.crv = 'X25519')),
  jwk('EdDSA', 'crv Ed448', NOT_ACCEPTED, (it) => (it.crv = 'Ed448')),
  jwk('EdDSA', 'its own alg by the name Ed25519', null, (it) => (it.alg = 'Ed25519')),
  jwk('EdDSA', 'a y', null, (it) => (it.y = it.x)),
  jwk('EdDSA', 'kty EC', NOT_ACCEPTED, (it) => (it.kty = 'EC')),
];

/** Keys with which anybody can sign. */
const open = (name, alg, jwk, sign) => row(name, NOT_ACCEPTED, (draft) => {
  Object.assign(draft.header, { alg, jwk });
  draft.bindTo(jwk);
  draft.signature = sign;
});
const point = (first, middle, last) => Buffer.concat([Buffer.of(first), Buffer.alloc(30, middle), Buffer.of(last)]);
export const NEUTRAL = point(1, 0, 0);
const ofEveryone = (name, x) => open(name, 'EdDSA', { kty: 'OKP', crv: 'Ed25519', x: encode(x) },
  () => Buffer.concat([x, Buffer.alloc(32)]));
const SHA256 = Buffer.from('3031300d060960864801650304020105000420', 'hex');
const openKeys = [
  ofEveryone('the neutral point of Ed25519', NEUTRAL),
  ofEveryone('the neutral point of Ed25519 in another encoding', point(0xee, 0xff, 0x7f)),
  open('RSA with the exponent 1', 'RS256', { ...holders.RS256.jwk, e: 'AQ' }, (input) => {
    const end = Buffer.concat([Buffer.of(0), SHA256, crypto.createHash('sha256').update(input).digest()]);
    return Buffer.concat([Buffer.of(0, 1), Buffer.alloc(254 - end.length, 0xff), end]);
  }),
];

export const families = [
  { name: 'algorithm', cases: KEYS.flatMap((alg) => algorithmCases(holders[alg])) },
  { name: 'kind of key', cases: kinds },
  { name: 'notation of the key', cases: notations },
  { name: 'key of everybody', cases: openKeys },
];
