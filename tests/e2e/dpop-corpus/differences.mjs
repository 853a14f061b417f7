// Where the service and npm `oauth4webapi` differ. Each entry names its cases, their number, which of
// them is stricter, and why. In all other cases, both accept or both refuse.

const ANY = '(the right value|null|true|false|zero|a negative number|a fraction|a huge number|an empty string|an empty list|'
  + 'a list of the right value|an empty object|an object with the right value)';

const differ = (stricter) => (count, cases, why, { varies = false } = {}) => ({
  stricter,
  count,
  cases: new RegExp(`^(${cases})$`),
  why,
  /** The verdict of `oauth4webapi` depends on the version of Node: it may be equal to ours. */
  varies,
});
const service = differ('service');
const oauth4webapi = differ('oauth4webapi');

/** Cases that the service accepts and `oauth4webapi` refuses. */
const laxer = [
  oauth4webapi(
    11,
    'claim exp: (null|true|false|zero|a negative number|a fraction|an empty string|an empty list|a list of the right value'
      + '|an empty object|an object with the right value)',
    'RFC 9449 section 4.2 gives a proof no exp, and section 4.3 lists all checks: iat limits the lifetime of a proof. '
      + 'By RFC 7519 section 4, a claim that an application does not use is ignored. A thief cannot change it. The proof '
      + 'is accepted once, and for at most 60 s after iat.',
  ),
  oauth4webapi(
    9,
    'claim nbf: (null|true|false|a huge number|an empty string|an empty list|a list of the right value|an empty object'
      + '|an object with the right value)',
    'As exp: RFC 9449 section 4.3 does not use nbf. A proof that is made too early is refused by its iat.',
  ),
  oauth4webapi(
    11,
    'claim iss: (null|true|false|zero|a negative number|a fraction|a huge number|an empty list|a list of the right value'
      + '|an empty object|an object with the right value)',
    'RFC 9449 section 4.2 gives a proof no iss: jwk names who made it. By RFC 7519 section 4, it is ignored. '
      + 'oauth4webapi does not use its value either. It only requires a string.',
  ),
  oauth4webapi(
    9,
    'claim aud: (null|true|false|zero|a negative number|a fraction|a huge number|an empty object'
      + '|an object with the right value)',
    'RFC 9449 section 4.2 gives a proof no aud: htu and ath name what it is for. By RFC 7519 section 4, it is ignored. '
      + 'oauth4webapi does not use its value either. It only requires a string or a list.',
  ),
  oauth4webapi(
    3,
    'htu path: (an encoded letter|each letter encoded|an encoded letter with lower-case digits)',
    'RFC 9449 section 4.3: a server should compare URLs after the normalization of RFC 3986 sections 6.2.2 and 6.2.3. By '
      + 'section 6.2.2.2, %77 is the same as w. The WHATWG URL parser, which oauth4webapi uses, does not decode it.',
  ),
];

/** Cases that the service refuses and `oauth4webapi` accepts. */
const stricter = [
  service(1, 'claim jti: an empty string', 'RFC 9449 section 4.2: jti is a unique identifier.'),
  service(
    12,
    `claim nonce: (?!the right value)${ANY}`,
    'RFC 9449 section 8.1: a nonce is a string of one character or more. oauth4webapi does not read it.',
  ),
  service(1, 'header typ: in upper case', 'RFC 9449 section 4.3, item 4: typ has the value dpop+jwt.'),
  service(13, `header b64: ${ANY}`, 'RFC 7797 section 6: b64 needs crit, and the service supports neither.'),
  service(
    79,
    `jwk (k|p|q|dp|dq|qi): ${ANY}|jwk oth: an empty list`,
    'RFC 9449 section 4.3, item 7: jwk contains no private key. WebCrypto ignores members of other kinds of keys.',
    { varies: true },
  ),
  service(26, 'jwk use: (?!the right value|in lower case).*', 'RFC 7517 section 4.2: the key is not for signatures.'),
  service(
    12,
    `jwk key_ops: (?!the right value)${ANY}`,
    'RFC 7517 section 4.3: an array of strings; the key is not for verifying.',
  ),
  service(
    8,
    'notation of the key: .*: for (encryption|signing only)',
    'RFC 7517 sections 4.2 and 4.3: the key is not for verifying signatures. oauth4webapi removes both members.',
  ),
  service(
    4,
    'jwk (crv|x|y): a list of the right value, and the token is bound to it|jwk alg: a list of the right value',
    'RFC 7517 section 4 and RFC 7518 section 6.2.1: these members are strings. WebCrypto converts them.',
    { varies: true },
  ),
  service(
    16,
    'jwk [xy]: (a (space|zero-width space) before|a (space|tab|line break|no-break space|NUL) after|an accent after) it, '
      + 'and the token is bound to it',
    'RFC 7515 section 2: base64url has no other characters. Node skips them.',
    { varies: true },
  ),
  service(
    2,
    'notation of the key: .*: x with a zero before it',
    'RFC 7518 section 6.2.1.2: the length of x is that of the field.',
    { varies: true },
  ),
  service(1, 'notation of the key: RS256: a crv', 'RFC 7518 section 6.3: an RSA key has no curve.', { varies: true }),
  service(1, 'kind of key: P-521 with ES512', 'RFC 9449 section 4.3, item 5: each service has a policy on algorithms.'),
  service(
    2,
    'key of everybody: (the neutral point of Ed25519|RSA with the exponent 1)',
    'RFC 8725 section 3.4 and RFC 8017 section 3.1: anybody can sign with such a key.',
    { varies: true },
  ),
  service(
    6,
    'segments: (more than 8 KiB with a good signature|a header of more than 2 KiB)'
      + '|JSON: (header|payload): (a list forty deep|forty values)',
    'RFC 9110 section 5.4 and RFC 8259 section 9: a server may limit the length of a field, and the depth and size of JSON.',
  ),
  service(
    12,
    'base64url: signature: (full padding|(a space|a tab|a no-break space) in it)'
      + '|base64url: (header|payload): (full padding|(a space|a tab|a no-break space) in it), and it is signed so',
    'RFC 7515 section 2: base64url without padding, line breaks, white space or other characters.',
    { varies: true },
  ),
  service(
    3,
    'base64url: .*: unused bits that are not zero',
    'RFC 4648 section 3.5: a decoder may refuse them, so that a proof has one form.',
    { varies: true },
  ),
  service(
    2,
    'base64url: .*: base64 where base64url differs',
    'RFC 7515 section 2: the alphabet is that of RFC 4648 section 5.',
    { varies: true },
  ),
  service(2, 'JSON: .*: a byte order mark', 'RFC 8259 section 8.1: nobody may send it, and a reader may ignore it.'),
  service(2, 'JSON: .*: bytes that are no UTF-8', 'RFC 7515 section 5.2 and RFC 7519 section 7.2: both parts are UTF-8.'),
  service(2, 'JSON: .*: half a surrogate pair', 'RFC 8259 section 8.2, RFC 7493 section 2.1: it is no character.'),
  service(2, 'JSON: .*: a number beyond all limits', 'RFC 8259 section 6, RFC 7493 section 2.2: no number of this range.'),
  service(
    23,
    'JSON: .*: (an unknown member twice(, once with an escape)?|a member twice in an unknown one'
      + '|(typ|alg|jwk|htm|htu|iat|jti|ath) twice(, first a wrong one)?|x twice in jwk)',
    'RFC 7515 section 4 and RFC 7519 section 4: names are unique. A reader refuses them or takes the last one.',
  ),
  service(
    4,
    'iat: (75 s ago|280 s ago|in 75 s|in 280 s)',
    'RFC 9449 section 11.1: a short time, which is 60 s here (dpop.max_age). oauth4webapi accepts 300 s.',
  ),
  service(
    13,
    'claim htu: a (space before|space after|tab after|line break after|NUL after) it'
      + '|htu path: (backslashes|a tab in it|a line break in it)'
      + '|htu host: localhost: (a backslash before the path|full-width letters in the host|a soft hyphen in the host'
      + '|a tab in the host)'
      + '|htu host: 127.0.0.1:8080: an ideographic full stop',
    'RFC 3986 section 2: a URL has none of these characters. The WHATWG URL parser removes or replaces them.',
  ),
  service(
    3,
    'htu host: localhost: (one|no|three) slash(es)? after the scheme',
    'RFC 9110 section 4.2.1: two slashes follow the scheme. The WHATWG URL parser adds or removes them.',
  ),
  service(1, 'htu host: localhost: an empty user', 'RFC 9110 section 4.2.4: user information in a URL is an error.'),
  service(
    2,
    'htu host: localhost: an encoded letter in the host|htu host: 127.0.0.1:8080: an encoded dot',
    'RFC 9449 section 4.3 only recommends normalization. By RFC 3986 section 3.2.2, encodings are for names that are not '
      + 'ASCII.',
  ),
  service(
    4,
    'htu host: 127.0.0.1:8080: (two parts|one number|hexadecimal|octal)',
    'RFC 3986 section 7.4: such notations are no IPv4 addresses of a URL, and filters read them in different ways.',
  ),
  service(
    1,
    'htu host: \\[::1\\]:8080: in full',
    'RFC 3986 section 6.2.2 does not change addresses, and RFC 5952 section 4 has one notation of each.',
  ),
  service(
    10,
    'used before: the same .*',
    'RFC 9449 section 11.1: a proof is accepted once. oauth4webapi leaves this to its caller.',
  ),
];

export const differences = [...laxer, ...stricter];
