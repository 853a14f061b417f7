// `htu` in other notations (RFC 3986 section 6.2, RFC 9449 section 4.3).
import { row } from './forms.mjs';

const WRONG = 'proof_wrong_url';
const htu = (name, reason, change) => row(name, reason, (draft) => (draft.claims.htu = change(draft.claims.htu)));

/** The path of each request is `/api/whoami`. */
const path = (name, reason, path) => htu(name, reason, (url) => new URL(url).origin + path);
const paths = [
  path('a query', null, '/api/whoami?page=2'),
  path('an empty query', null, '/api/whoami?'),
  path('a query with a question mark', null, '/api/whoami?a?b'),
  path('a query with a slash and dots', null, '/api/whoami?/../x'),
  path('a fragment', null, '/api/whoami#top'),
  path('an empty fragment', null, '/api/whoami#'),
  path('a fragment with a question mark', null, '/api/whoami#a?b'),
  path('a query and a fragment', null, '/api/whoami?a#b'),
  path('a query of 4,000 letters', null, `/api/whoami?${'x'.repeat(4000)}`),
  path('a dot segment', null, '/api/./whoami'),
  path('two dots', null, '/api/x/../whoami'),
  path('two dots at the root', null, '/../api/whoami'),
  path('dots in the beginning', null, '/./x/.././api/whoami'),
  path('an encoded dot segment', null, '/api/%2e/whoami'),
  path('encoded dots', null, '/api/x/%2E%2e/whoami'),
  path('a dot segment at the end', WRONG, '/api/whoami/.'),
  path('two dots at the end', WRONG, '/api/whoami/x/..'),
  path('two dots too many', WRONG, '/api/../whoami'),
  path('three dots', WRONG, '/api/.../whoami'),
  path('an encoded letter', null, '/api/%77hoami'),
  path('each letter encoded', null, '/%61%70%69/%77%68%6F%61%6D%69'),
  path('an encoded letter with lower-case digits', null, '/api/who%61m%69'),
  path('an encoded slash', WRONG, '/api%2Fwhoami'),
  path('an encoded slash at the beginning', WRONG, '/%2Fapi/whoami'),
  path('an encoded percent sign', WRONG, '/api/%2577hoami'),
  path('an encoded letter in upper case', WRONG, '/api/%57hoami'),
  path('an encoded question mark', WRONG, '/api/whoami%3Fpage=2'),
  path('an encoded space', WRONG, '/api/whoami%20'),
  path('an encoded NUL', WRONG, '/api/whoami%00'),
  path('an overlong encoding', WRONG, '/api/%C1%B7hoami'),
  path('half an encoding', WRONG, '/api/whoami%7'),
  path('an encoding without digits', WRONG, '/api/whoami%'),
  path('an encoding with another letter', WRONG, '/api/whoami%zz'),
  path('no path', WRONG, ''),
  path('the root', WRONG, '/'),
  path('another path', WRONG, '/api/hello'),
  path('a path below it', WRONG, '/api/whoami/x'),
  path('a slash at the end', WRONG, '/api/whoami/'),
  path('two slashes', WRONG, '/api//whoami'),
  path('two slashes at the beginning', WRONG, '//api/whoami'),
  path('a path in upper case', WRONG, '/API/WHOAMI'),
  path('a parameter', WRONG, '/api/whoami;a=b'),
  path('backslashes', WRONG, '\\api\\whoami'),
  path('a tab in it', WRONG, '/api/who\tami'),
  path('a line break in it', WRONG, '/api/who\r\nami'),
  path('a letter that is not ASCII', WRONG, '/api/who\u00e0mi'),
  path('a letter that looks the same', WRONG, '/api/who\u0430mi'),
  path('a soft hyphen', WRONG, '/api/who\u00adami'),
];

/** The request as a caller sends it who reaches the service by this authority. */
const at = (authority, name, reason, url) => row(`${authority}: ${name}`, reason, (draft) => {
  draft.target = `http://${authority}/api/whoami`;
  draft.claims.htu = url;
});
const hosts = [
  at('localhost', 'the same', null, 'http://localhost/api/whoami'),
  at('localhost', 'the scheme in upper case', null, 'HTTP://localhost/api/whoami'),
  at('localhost', 'the host in upper case', null, 'http://LocalHost/api/whoami'),
  at('localhost', 'the default port', null, 'http://localhost:80/api/whoami'),
  at('localhost', 'the default port with zeros', null, 'http://localhost:0080/api/whoami'),
  at('localhost', 'an empty port', null, 'http://localhost:/api/whoami'),
  at('localhost', 'https', WRONG, 'https://localhost/api/whoami'),
  at('localhost', 'https with the port of http', WRONG, 'https://localhost:80/api/whoami'),
  at('localhost', 'the port of https', WRONG, 'http://localhost:443/api/whoami'),
  at('localhost', 'another port', WRONG, 'http://localhost:8080/api/whoami'),
  at('localhost', 'a port beyond 16 bits', WRONG, 'http://localhost:65616/api/whoami'),
  at('localhost', 'a port with a sign', WRONG, 'http://localhost:+80/api/whoami'),
  at('localhost', 'a port in hexadecimal', WRONG, 'http://localhost:0x50/api/whoami'),
  at('localhost', 'a port with a space', WRONG, 'http://localhost: 80/api/whoami'),
  at('localhost', 'another scheme', WRONG, 'ftp://localhost/api/whoami'),
  at('localhost', 'the scheme of a WebSocket', WRONG, 'ws://localhost/api/whoami'),
  at('localhost', 'no scheme', WRONG, '//localhost/api/whoami'),
  at('localhost', 'no scheme and no slashes', WRONG, 'localhost/api/whoami'),
  at('localhost', 'the path alone', WRONG, '/api/whoami'),
  at('localhost', 'one slash after the scheme', WRONG, 'http:/localhost/api/whoami'),
  at('localhost', 'no slash after the scheme', WRONG, 'http:localhost/api/whoami'),
  at('localhost', 'three slashes after the scheme', WRONG, 'http:///localhost/api/whoami'),
  at('localhost', 'no host', WRONG, 'http:///api/whoami'),
  at('localhost', 'another host', WRONG, 'http://localhost.example/api/whoami'),
  at('localhost', 'a dot after the host', WRONG, 'http://localhost./api/whoami'),
  at('localhost', 'a name below it', WRONG, 'http://api.localhost/api/whoami'),
  at('localhost', 'a user', WRONG, 'http://ada@localhost/api/whoami'),
  at('localhost', 'a user and a password', WRONG, 'http://ada:secret@localhost/api/whoami'),
  at('localhost', 'an empty user', WRONG, 'http://@localhost/api/whoami'),
  at('localhost', 'the host as a user', WRONG, 'http://localhost@thief.example/api/whoami'),
  at('localhost', 'the URL in a query', WRONG, 'http://thief.example/?http://localhost/api/whoami'),
  at('localhost', 'the URL in a fragment', WRONG, 'http://thief.example/#http://localhost/api/whoami'),
  at('localhost', 'a backslash before the path', WRONG, 'http://localhost\\api\\whoami'),
  at('localhost', 'an encoded letter in the host', WRONG, 'http://%6Cocalhost/api/whoami'),
  at('127.0.0.1:8080', 'an encoded dot', WRONG, 'http://127%2E0.0.1:8080/api/whoami'),
  at('localhost', 'full-width letters in the host', WRONG, 'http://\uff4cocalhost/api/whoami'),
  at('127.0.0.1:8080', 'an ideographic full stop', WRONG, 'http://127\u30020.0.1:8080/api/whoami'),
  at('localhost', 'a letter that looks the same in the host', WRONG, 'http://l\u043ecalhost/api/whoami'),
  at('localhost', 'a soft hyphen in the host', WRONG, 'http://local\u00adhost/api/whoami'),
  at('localhost', 'a tab in the host', WRONG, 'http://local\thost/api/whoami'),
  at('localhost:8080', 'the same', null, 'http://localhost:8080/api/whoami'),
  at('localhost:8080', 'with a zero', null, 'http://localhost:08080/api/whoami'),
  at('localhost:8080', 'without the port', WRONG, 'http://localhost/api/whoami'),
  at('127.0.0.1:8080', 'the same', null, 'http://127.0.0.1:8080/api/whoami'),
  at('127.0.0.1:8080', 'the name of the address', WRONG, 'http://localhost:8080/api/whoami'),
  at('127.0.0.1:8080', 'two parts', WRONG, 'http://127.1:8080/api/whoami'),
  at('127.0.0.1:8080', 'one number', WRONG, 'http://2130706433:8080/api/whoami'),
  at('127.0.0.1:8080', 'hexadecimal', WRONG, 'http://0x7f.0.0.1:8080/api/whoami'),
  at('127.0.0.1:8080', 'octal', WRONG, 'http://0177.0.0.1:8080/api/whoami'),
  at('[::1]:8080', 'the same', null, 'http://[::1]:8080/api/whoami'),
  at('[::1]:8080', 'without the brackets', WRONG, 'http://::1:8080/api/whoami'),
  at('[::1]:8080', 'another address', WRONG, 'http://[::2]:8080/api/whoami'),
  at('[::1]:8080', 'in full', WRONG, 'http://[0:0:0:0:0:0:0:1]:8080/api/whoami'),
  at('[::1]:8080', 'with a zone', WRONG, 'http://[::1%25lo]:8080/api/whoami'),
];

/** The request has a query; `change` makes `htu` from its URL. */
const query = (name, reason, change) => row(name, reason, (draft) => {
  const url = draft.target;
  draft.target = `${url}?page=2`;
  draft.claims.htu = change(url);
});
const queries = [
  query('htu without it', null, (url) => url),
  query('htu with it', null, (url) => `${url}?page=2`),
  query('htu with another one', null, (url) => `${url}?page=3`),
  query('htu with a fragment', null, (url) => `${url}#page=2`),
  query('htu with it in the path', 'proof_wrong_url', (url) => `${url}%3Fpage=2`),
  query('htu with a slash before it', 'proof_wrong_url', (url) => `${url}/?page=2`),
];

export const families = [
  { name: 'htu path', cases: paths },
  { name: 'htu host', cases: hosts },
  { name: 'query', cases: queries },
];
