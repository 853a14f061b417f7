// `iat` at other times and in other notations, and proofs that were used before.
import { fieldOf, signed } from './draft.mjs';
import { row } from './forms.mjs';
import { withOtherS } from './signatures.mjs';

const seconds = (name, reason, offset) => row(name, reason, (draft) => (draft.claims.iat += offset));
/** `iat` in another notation of JSON. */
const notation = (name, reason, change) => row(name, reason, (draft) => {
  draft.claimsJson = (json) => json.replace(/"iat":(\d+)/, (_, digits) => `"iat":${change(digits)}`);
});
const times = [
  seconds('40 s ago', null, -40),
  seconds('75 s ago', 'proof_expired', -75),
  seconds('280 s ago', 'proof_expired', -280),
  seconds('320 s ago', 'proof_expired', -320),
  seconds('a year ago', 'proof_expired', -31_536_000),
  seconds('in 40 s', null, 40),
  seconds('in 75 s', 'proof_issued_in_future', 75),
  seconds('in 280 s', 'proof_issued_in_future', 280),
  seconds('in 320 s', 'proof_issued_in_future', 320),
  seconds('in a year', 'proof_issued_in_future', 31_536_000),
  notation('milliseconds', 'malformed_iat', (digits) => `${digits}000`),
  notation('a fraction', null, (digits) => `${digits}.5`),
  notation('a fraction of zero', null, (digits) => `${digits}.0`),
  notation('an exponent', null, (digits) => `${digits[0]}.${digits.slice(1)}e9`),
  notation('an exponent in upper case with a sign', null, (digits) => `${digits}0E-1`),
  notation('minus zero', 'proof_expired', () => '-0'),
  notation('negative', 'malformed_iat', (digits) => `-${digits}`),
  notation('a plus sign', 'malformed_proof', (digits) => `+${digits}`),
  notation('a zero before it', 'malformed_proof', (digits) => `0${digits}`),
  notation('hexadecimal', 'malformed_proof', (digits) => `0x${Number(digits).toString(16)}`),
  notation('digits grouped by underscores', 'malformed_proof', (digits) => digits.replace(/(\d{3})$/, '_$1')),
  notation('no number', 'malformed_proof', () => 'NaN'),
  notation('infinite', 'malformed_proof', () => 'Infinity'),
  notation('a date', 'malformed_iat', (digits) => `"${new Date(digits * 1000).toISOString()}"`),
  notation('more than 64 bits', 'malformed_iat', () => '18446744073709551616'),
];

const REPLAYED = 'proof_replayed';
/** `before` is sent first, with the token that the draft has then, and has the reason `reasonBefore`. */
const after = (name, reason, before, change = () => {}, reasonBefore = null) => row(name, reason, (draft) => {
  const field = fieldOf(draft);
  draft.before = { request: { ...draft }, field: before(draft, field), reason: reasonBefore };
  change(draft, field);
});
const same = (_, field) => field;
const sameField = (draft, field) => (draft.field = () => field);
const replays = [
  after('the same proof', REPLAYED, same, sameField),
  after('the same proof, with spaces around it', REPLAYED, same, (draft, field) => (draft.field = () => ` ${field} `)),
  after('the same proof, for another query', REPLAYED, same, (draft, field) => {
    sameField(draft, field);
    draft.target += '?page=2';
  }),
  after('the same proof, with a new signature', REPLAYED, same),
  after('the same proof, with the other s', REPLAYED, same, (draft, field) => {
    const [header, claims, signature] = field.split('.');
    const other = withOtherS(Buffer.from(signature, 'base64url')).toString('base64url');
    draft.field = () => [header, claims, other].join('.');
  }),
  after('the same jti, another iat', REPLAYED, same, (draft) => (draft.claims.iat -= 1)),
  after('the same jti, another notation of htu', REPLAYED, same, (draft) => (draft.claims.htu += '?')),
  after('the same jti, another order of the claims', REPLAYED, same, (draft) => {
    draft.claims = Object.fromEntries(Object.entries(draft.claims).reverse());
  }),
  after('the same jti, another token of the same key', REPLAYED, same, (draft) => draft.bindTo(draft.header.jwk)),
  after('the same jti, with an escape', REPLAYED, same, (draft) => {
    draft.claimsJson = (json) => json.replace(/"jti":"(.)/, (_, first) => `"jti":"\\u00${first.charCodeAt().toString(16)}`);
  }),
  after('another jti', null, same, (draft) => (draft.claims.jti += '2')),
  after('the jti in upper case', null, same, (draft) => (draft.claims.jti = draft.claims.jti.toUpperCase())),
  after('a proof whose jti was in a refused one', null, (draft) => {
    const forged = { ...draft, signature: (input) => signed(draft.key.alg, draft.key, `${input}A`) };
    return fieldOf(forged);
  }, undefined, 'proof_bad_signature'),
];

export const families = [
  { name: 'iat', cases: times },
  { name: 'used before', cases: replays },
];
