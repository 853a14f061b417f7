// Each claim, each member of the header and each member of `jwk`, with values of each kind. The
// reason follows from rules that are written here once more.

/** Values that are no good string, in terms of the good one. */
const SHAPES = [
  ['absent', () => undefined],
  ['null', () => null],
  ['true', () => true],
  ['false', () => false],
  ['zero', () => 0],
  ['a negative number', () => -1],
  ['a fraction', () => 1.5],
  ['a huge number', () => 1e300],
  ['an empty string', () => ''],
  ['an empty list', () => []],
  ['a list of the right value', (right) => [right]],
  ['an empty object', () => ({})],
  ['an object with the right value', (right) => ({ value: right })],
];
const fullWidth = (text) => text.replace(/[!-~]/g, (it) => String.fromCharCode(it.charCodeAt() + 0xfee0));
/** Strings, in terms of the good one. */
const STRINGS = [
  ['in upper case', (text) => text.toUpperCase()],
  ['in lower case', (text) => text.toLowerCase()],
  ['a space before it', (text) => ` ${text}`],
  ['a space after it', (text) => `${text} `],
  ['a tab after it', (text) => `${text}\t`],
  ['a line break after it', (text) => `${text}\r\n`],
  ['a no-break space after it', (text) => `${text}\u00a0`],
  ['a zero-width space before it', (text) => `\u200b${text}`],
  ['a NUL after it', (text) => `${text}\0`],
  ['an accent after it', (text) => `${text}\u0301`],
  ['in full-width letters', fullWidth],
  ['a word before it', (text) => `other-${text}`],
  ['half of it', (text) => text.slice(0, Math.ceil(text.length / 2))],
  ['twice', (text) => text + text],
  ['a thousand letters after it', (text) => text + 'x'.repeat(1000)],
];
const asText = (value) => (typeof value === 'string' ? value : JSON.stringify(value));
const FEW = [['the right value', (right) => right], ...SHAPES];
const ALL = [...FEW, ...STRINGS.map(([name, change]) => [name, (right) => change(asText(right))])];

const isText = (value) => typeof value === 'string' && value !== '';
/** A claim that must be a string. `judge` decides on each string but the empty one. */
const required = (name, judge) => (value, right) => {
  if (value === undefined) return `missing_${name}`;
  return isText(value) ? judge(value, right) : `malformed_${name}`;
};
const equal = (reason) => (value, right) => (value === right ? null : reason);
const ignored = () => null;
const absent = (reason) => (value) => (value === undefined ? null : reason);
const oneOf = (accepted, reason) => (value) => (value === undefined || accepted(value) ? null : reason);
const MAX_DATE = Date.UTC(9999, 11, 31, 23, 59, 59) / 1000;

/** 43 characters of base64url that are the only encoding of their bytes. */
const isDigest = (text) => text.length === 43 && Buffer.from(text, 'base64url').toString('base64url') === text;

/** `iat`, for a service that accepts 60 s. */
function judgeTime(value) {
  if (value === undefined) return 'missing_iat';
  if (typeof value !== 'number' || value < 0 || value > MAX_DATE) return 'malformed_iat';
  const age = Date.now() / 1000 - value;
  if (age > 60) return 'proof_expired';
  return age < -60 ? 'proof_issued_in_future' : null;
}

/** `right` is a good value of a member that good proofs do not have. */
const kind = (of, at) => (name, judge, right, values = right ? FEW : ALL) => ({ of, at, name, judge, right, values });
const claim = kind('claim', (draft) => draft.claims);
const member = kind('header', (draft) => draft.header);
const ofKey = kind('jwk', (draft) => draft.header.jwk);

const inFiveMinutes = () => Math.floor(Date.now() / 1000) + 300;
const justNow = () => Math.floor(Date.now() / 1000) - 1;
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A member of the thumbprint. The token is bound to the good key. */
const judgeRequired = (value, right) => {
  if (value === right) return null;
  return typeof value === 'string' && /^[\w-]*$/.test(value) ? 'proof_wrong_key' : 'proof_key_not_accepted';
};
const NOT_ACCEPTED = 'proof_key_not_accepted';
const SECRET = absent('proof_with_private_key');
const CRITICAL = absent('proof_critical_header');

const MEMBERS = [
  claim('htm', required('htm', equal('proof_wrong_method'))),
  claim('htu', required('htu', equal('proof_wrong_url'))),
  claim('iat', judgeTime),
  claim('jti', required('jti', ignored)),
  claim('ath', required('ath', (value, right) => {
    if (value === right) return null;
    return isDigest(value) ? 'proof_wrong_token' : 'malformed_ath';
  })),
  claim('nonce', oneOf(isText, 'malformed_nonce'), () => 'n-1'),
  // RFC 9449 section 4.2 gives these claims no meaning.
  claim('exp', ignored, inFiveMinutes),
  claim('nbf', ignored, justNow),
  claim('iss', ignored, () => 'shop'),
  claim('aud', ignored, () => 'https://api.example'),
  claim('sub', ignored, () => 'ada'),
  claim('unknown', ignored, () => 'value'),
  member('typ', equal('proof_wrong_type')),
  member('alg', equal('proof_algorithm_not_allowed')),
  member('jwk', (value, right) => {
    if (!isObject(value)) return 'proof_without_key';
    return value === right ? null : NOT_ACCEPTED;
  }),
  member('crit', CRITICAL, () => ['exp']),
  member('b64', CRITICAL, () => true),
  member('kid', ignored, () => 'holder'),
  member('x5c', ignored, () => ['MIIB']),
  member('x5u', ignored, () => 'https://thief.example/key.pem'),
  member('jku', ignored, () => 'https://thief.example/keys'),
  member('unknown', ignored, () => 'value'),
  ofKey('kty', (value, right) => (value === right ? null : NOT_ACCEPTED)),
  ofKey('crv', judgeRequired),
  ofKey('x', judgeRequired),
  ofKey('y', judgeRequired),
  ofKey('use', oneOf((value) => value === 'sig', NOT_ACCEPTED), () => 'sig', ALL),
  ofKey('key_ops', oneOf((value) => Array.isArray(value) && value.includes('verify'), NOT_ACCEPTED), () => ['verify']),
  ofKey('alg', oneOf((value) => value === 'ES256', NOT_ACCEPTED), () => 'ES256', ALL),
  ofKey('ext', ignored, () => true),
  ofKey('kid', ignored, () => 'holder'),
  ofKey('x5c', ignored, () => ['MIIB']),
  ofKey('unknown', ignored, () => 'value'),
  ...['d', 'k', 'p', 'q', 'dp', 'dq', 'qi', 'oth'].map((name) => ofKey(name, SECRET, () => 'AQAB')),
];

const caseOf = ({ at, name, judge, right }, [value, change]) => ({
  name: value,
  apply(draft) {
    const members = at(draft);
    const good = right ? right() : members[name];
    members[name] = change(good);
    return judge(members[name], good);
  },
});

/** The token is bound to the changed key, so that its thumbprint is no reason. */
const boundCaseOf = ({ at, name }, [value, change]) => ({
  name: `${value}, and the token is bound to it`,
  apply(draft) {
    const members = at(draft);
    const good = members[name];
    members[name] = change(good);
    draft.bindTo(members);
    return members[name] === good ? null : NOT_ACCEPTED;
  },
});

/** Other names are those of unknown members, so the member is absent. */
const NAMES = [
  ['in upper case', (name) => name.toUpperCase()],
  ['a space after it', (name) => `${name} `],
  ['a NUL after it', (name) => `${name}\0`],
  ['in full-width letters', fullWidth],
];
const renamed = ({ of, at, name, judge }) => NAMES.map(([change, rename]) => ({
  name: `${of} ${name}: ${change}`,
  apply(draft) {
    const members = at(draft);
    const { [name]: good } = members;
    delete members[name];
    members[rename(name)] = good;
    return judge(undefined, good);
  },
}));

export const families = MEMBERS.map((member) => {
  const { of, name, right, values } = member;
  const changes = values.filter(([value]) => !(right && value === 'absent'));
  const cases = changes.map((value) => caseOf(member, value));
  if (of === 'jwk' && !right) cases.push(...changes.map((value) => boundCaseOf(member, value)));
  return { name: `${of} ${name}`, cases };
});
families.push({ name: 'name of', cases: MEMBERS.filter((it) => !it.right).flatMap(renamed) });
