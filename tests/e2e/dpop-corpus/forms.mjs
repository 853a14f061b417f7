// The form of a proof: the segments, their base64url and their JSON, and the fields of the request.
import { encode } from './draft.mjs';

const MALFORMED = 'malformed_proof';
/** A case with one reason; null if the service accepts it. */
export const row = (name, reason, change) => ({
  name,
  apply(draft) {
    change(draft);
    return reason;
  },
});

const field = (name, reason, change) => row(name, reason, (draft) => (draft.field = change));
/** Changes one of the three parts after the signature. */
const part = (number, change) => (proof) => {
  const parts = proof.split('.');
  parts[number] = change(parts[number]);
  return parts.join('.');
};
const each = (names, make) => names.flatMap((name, number) => make(name, number));
const PARTS = ['header', 'payload', 'signature'];
const JSONS = ['headerJson', 'claimsJson'];

const segments = [
  field('no segment', MALFORMED, () => ''),
  field('one segment', MALFORMED, (proof) => proof.replaceAll('.', '')),
  field('two segments', MALFORMED, (proof) => proof.slice(0, proof.lastIndexOf('.'))),
  field('four segments', MALFORMED, (proof) => `${proof}.AAAA`),
  field('five segments', MALFORMED, (proof) => `${proof}.AAAA.AAAA`),
  field('a dot before it', MALFORMED, (proof) => `.${proof}`),
  field('a dot after it', MALFORMED, (proof) => `${proof}.`),
  field('dots alone', MALFORMED, () => '..'),
  field('a thousand dots', MALFORMED, () => '.'.repeat(1000)),
  field('two dots in one place', MALFORMED, (proof) => proof.replace('.', '..')),
  field('JSON serialization', MALFORMED, (proof) => {
    const [header, payload, signature] = proof.split('.');
    return JSON.stringify({ payload, protected: header, signature });
  }),
  field('general JSON serialization', MALFORMED, (proof) => {
    const [header, payload, signature] = proof.split('.');
    return JSON.stringify({ payload, signatures: [{ protected: header, signature }] });
  }),
  field('quotes around it', MALFORMED, (proof) => `"${proof}"`),
  field('the scheme before it', MALFORMED, (proof) => `DPoP ${proof}`),
  field('the access token', 'proof_wrong_type', (_, { token }) => token),
  field('8 KiB of letters', MALFORMED, () => 'x'.repeat(8192)),
  field('8 KiB of letters and one more', 'proof_too_long', () => 'x'.repeat(8193)),
  row('more than 8 KiB with a good signature', 'proof_too_long', (draft) => (draft.claims.unknown = 'x'.repeat(8192))),
  row('a payload of 4 KiB', null, (draft) => (draft.claims.unknown = 'x'.repeat(4096))),
  row('a header of more than 2 KiB', MALFORMED, (draft) => (draft.header.unknown = 'x'.repeat(2048))),
  row('no header', MALFORMED, (draft) => (draft.parts = (_, payload) => ['', payload])),
  row('no payload', MALFORMED, (draft) => (draft.parts = (header) => [header, ''])),
  field('no signature', 'proof_bad_signature', part(2, () => '')),
  ...each(['header', 'payload'], (name, number) => [
    field(`a ${name} of no JSON`, MALFORMED, part(number, () => 'AAAA')),
    field(`a ${name} of one letter`, MALFORMED, part(number, () => 'A')),
  ]),
];

/** Characters that are no base64url. */
const CHARACTERS = [
  ['padding after it', (text) => `${text}=`],
  ['padding before it', (text) => `=${text}`],
  ['full padding', (text) => text + '='.repeat((4 - (text.length % 4)) % 4)],
  ['a space in it', (text) => `${text.slice(0, 8)} ${text.slice(8)}`],
  ['a tab in it', (text) => `${text.slice(0, 8)}\t${text.slice(8)}`],
  ['a no-break space in it', (text) => `${text.slice(0, 8)}\u00a0${text.slice(8)}`],
  ['a letter with an accent in it', (text) => `${text.slice(0, 8)}\u00e9${text.slice(8)}`],
  ['an asterisk in it', (text) => `${text.slice(0, 8)}*${text.slice(8)}`],
  ['an escaped character', (text) => `${text.slice(0, 8)}%41${text.slice(9)}`],
  ['a tilde after it', (text) => `${text}~`],
];
const standard = (text) => Buffer.from(text, 'base64url').toString('base64').replaceAll('=', '');
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** The same bytes, with another last character, whose unused bits are not zero. */
const withUnusedBits = (text) => text.slice(0, -1) + ALPHABET[ALPHABET.indexOf(text.at(-1)) + 1];
/** Makes the JSON so long that its last character has unused bits. */
const padded = (json) => json + ' '.repeat((4 - (Buffer.byteLength(json) % 3)) % 3);
/** Makes base64 and base64url differ: the bytes of `~~~???` are `fn5-Pz8_`. */
const awkward = (json) => `{"unknown":"~~~???~~~???~~~???",${json.slice(1)}`;

/** Changes a part before the signature. */
const signedPart = (name, number, change) => row(name, MALFORMED, (draft) => {
  draft[JSONS[number]] = padded;
  draft.parts = (...parts) => parts.map((it, at) => (at === number ? change(it) : it));
});

const base64 = [
  ...each(PARTS, (name, number) => CHARACTERS.map(([fault, change]) => row(`${name}: ${fault}`, MALFORMED, (draft) => {
    draft.headerJson = draft.claimsJson = padded;
    draft.field = part(number, change);
  }))),
  ...each(['header', 'payload'], (name, number) => CHARACTERS.map(([fault, change]) =>
    signedPart(`${name}: ${fault}, and it is signed so`, number, change))),
  field('signature: unused bits that are not zero', MALFORMED, part(2, withUnusedBits)),
  ...each(['header', 'payload'], (name, number) => [
    row(`${name}: unused bits that are zero`, null, (draft) => (draft[JSONS[number]] = padded)),
    signedPart(`${name}: unused bits that are not zero`, number, withUnusedBits),
    row(`${name}: base64url where base64 differs`, null, (draft) => (draft[JSONS[number]] = awkward)),
    row(`${name}: base64 where base64url differs`, MALFORMED, (draft) => {
      draft[JSONS[number]] = awkward;
      draft.parts = (...parts) => parts.map((it, at) => (at === number ? standard(it) : it));
    }),
  ]),
];

/** What is changed in the JSON of an object; the second is the reason, null if it is JSON. */
const TEXTS = [
  ['white space before it', null, (json) => ` \t\r\n${json}`],
  ['white space after it', null, (json) => `${json} \t\r\n`],
  ['white space in it', null, (json) => json.replace('{', '{ \n').replaceAll('":', '" : ')],
  ['a name with an escape', null, (json) => json.replace(/"(.)([^"]*)":/, (_, first, rest) =>
    `"\\u00${first.charCodeAt().toString(16)}${rest}":`)],
  ['a no-break space before it', MALFORMED, (json) => `\u00a0${json}`],
  ['a byte order mark', MALFORMED, (json) => `\ufeff${json}`],
  ['a NUL after it', MALFORMED, (json) => `${json}\0`],
  ['bytes after it', MALFORMED, (json) => `${json}x`],
  ['a second object after it', MALFORMED, (json) => json + json],
  ['a comma after the last member', MALFORMED, (json) => json.replace(/}$/, ',}')],
  ['no end', MALFORMED, (json) => json.slice(0, -1)],
  ['a comment', MALFORMED, (json) => json.replace('{', '{/**/')],
  ['single quotes', MALFORMED, (json) => json.replaceAll('"', "'")],
  ['a name without quotes', MALFORMED, (json) => json.replace(/"(\w+)":/, '$1:')],
  ['a line break in a string', MALFORMED, (json) => json.replace('{', '{"unknown":"\n",')],
  ['an unknown escape', MALFORMED, (json) => json.replace('{', '{"unknown":"\\x41",')],
  ['half a surrogate pair', MALFORMED, (json) => json.replace('{', '{"unknown":"\\ud800",')],
  ['a number with a zero before it', MALFORMED, (json) => json.replace('{', '{"unknown":01,')],
  ['NaN', MALFORMED, (json) => json.replace('{', '{"unknown":NaN,')],
  ['a number beyond all limits', MALFORMED, (json) => json.replace('{', '{"unknown":1e999,')],
  ['no object but a list', MALFORMED, (json) => `[${json}]`],
  ['no object but an empty list', MALFORMED, () => '[]'],
  ['no object but a string', MALFORMED, (json) => JSON.stringify(json)],
  ['no object but null', MALFORMED, () => 'null'],
  ['no object but true', MALFORMED, () => 'true'],
  ['no object but a number', MALFORMED, () => '7'],
  ['a list five deep', null, (json) => json.replace('{', '{"unknown":[[[[[]]]]],')],
  ['a list forty deep', MALFORMED, (json) => json.replace('{', `{"unknown":${'['.repeat(40)}${']'.repeat(40)},`)],
  ['forty values', MALFORMED, (json) => json.replace('{', `{"unknown":[${Array(40).fill(0)}],`)],
  ['an unknown member twice', MALFORMED, (json) => json.replace('{', '{"unknown":1,"unknown":1,')],
  ['an unknown member twice, once with an escape', MALFORMED, (json) => json.replace('{', '{"a":1,"\\u0061":1,')],
  ['a member twice in an unknown one', MALFORMED, (json) => json.replace('{', '{"unknown":{"a":1,"a":1},')],
  ['the member __proto__', null, (json) => json.replace('{', '{"__proto__":{"typ":"JWT","htm":"POST"},')],
];
/** Bytes that are no UTF-8, in place of the letters `ZZZ`. */
const notUtf8 = (part) => {
  const bytes = Buffer.from(part, 'base64url');
  bytes.set([0xff, 0xc0, 0x80], bytes.indexOf('ZZZ'));
  return encode(bytes);
};
const MEMBERS = [
  ['headerJson', 'header', ['typ', 'alg', 'jwk']],
  ['claimsJson', 'payload', ['htm', 'htu', 'iat', 'jti', 'ath']],
];
const members = (draft, json) => (json === 'headerJson' ? draft.header : draft.claims);

const json = MEMBERS.flatMap(([json, name, required], number) => [
  ...TEXTS.map(([fault, reason, change]) => row(`${name}: ${fault}`, reason, (draft) => (draft[json] = change))),
  row(`${name}: bytes that are no UTF-8`, MALFORMED, (draft) => {
    members(draft, json).unknown = 'ZZZ';
    draft.parts = (...parts) => parts.map((it, at) => (at === number ? notUtf8(it) : it));
  }),
  ...required.flatMap((member) => [
    row(`${name}: ${member} twice`, MALFORMED, (draft) => {
      const again = JSON.stringify({ [member]: members(draft, json)[member] });
      draft[json] = (text) => `${again.slice(0, -1)},${text.slice(1)}`;
    }),
    row(`${name}: ${member} twice, first a wrong one`, MALFORMED, (draft) => {
      draft[json] = (text) => `{"${member}":7,${text.slice(1)}`;
    }),
    row(`${name}: ${member} twice, then a wrong one`, MALFORMED, (draft) => {
      draft[json] = (text) => `${text.slice(0, -1)},"${member}":7}`;
    }),
  ]),
]);
json.push(row('header: x twice in jwk', MALFORMED, (draft) => {
  draft.headerJson = (text) => text.replace('"x":', '"x":"AA","x":');
}));

const scheme = (name, reason) => row(`the scheme "${name}"`, reason, (draft) => (draft.scheme = name));
const fields = [
  field('no field', 'missing_proof', () => undefined),
  field('the proof in two fields', 'repeated_proof', (proof) => [proof, proof]),
  field('an empty field before it', 'repeated_proof', (proof) => ['', proof]),
  field('an empty field after it', 'repeated_proof', (proof) => [proof, '']),
  field('a comma and the proof again', MALFORMED, (proof) => `${proof}, ${proof}`),
  field('a comma after it', MALFORMED, (proof) => `${proof},`),
  field('a comma before it', MALFORMED, (proof) => `,${proof}`),
  field('a semicolon and a parameter after it', MALFORMED, (proof) => `${proof};q=1`),
  field('spaces around it', null, (proof) => `  ${proof}  `),
  field('tabs around it', null, (proof) => `\t${proof}\t`),
  ...['dpop', 'DPOP', 'DPoP '].map((it) => scheme(it, null)),
  ...['Bearer', 'bearer'].map((it) => scheme(it, 'proof_required')),
  ...['Basic', 'DPoP2', 'X-DPoP'].map((it) => scheme(it, 'missing_credentials')),
  ...['DPoP Bearer', 'DPoP,'].map((it) => scheme(it, 'malformed_authorization')),
];

export const families = [
  { name: 'segments', cases: segments },
  { name: 'base64url', cases: base64 },
  { name: 'JSON', cases: json },
  { name: 'fields', cases: fields },
];
