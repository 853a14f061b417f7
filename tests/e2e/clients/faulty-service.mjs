// A faulty service: it forwards calls to a correct one and changes its answers.
import http from 'node:http';
import { call, freePort } from '../harness.mjs';

const isWhoami = (request) => request.url === '/api/whoami';
const isRefusal = (answer) => answer.status === 401;
const body = (answer, change) => {
  const changed = JSON.parse(answer.text);
  change(changed);
  answer.text = JSON.stringify(changed);
};

/**
 * What a service may get wrong: how an answer is changed, or with which token every token that comes
 * is replaced, and the tests that must notice.
 */
export const FAULTS = {
  'whoami is left open': {
    change: (answer, request, welcome) =>
      isWhoami(request) && isRefusal(answer) && Object.assign(answer, welcome),
    noticed: [
      'whoami without a token: the status is 401',
      'whoami without a token: there is one challenge for each scheme: Bearer, DPoP',
      'whoami without a token: the body is a problem',
      'whoami with a tampered token: the status is 401',
      'whoami with a tampered token: there is one challenge for each scheme: Bearer, DPoP',
      'whoami with a tampered token: the body is a problem',
    ],
  },
  'whoami refuses everybody': {
    token: 'none',
    noticed: [
      'whoami with a token: the status is 200',
      'whoami with a token: the body is application/json',
      'whoami with a token: the body has what the document requires',
      'whoami with a tampered token: the body is a problem',
    ],
  },
  'hello refuses anonymous callers': {
    change: (answer, request) =>
      request.url === '/api/hello' && !request.headers.authorization && (answer.status = 401),
    noticed: ['hello without a token: the status is 200'],
  },
  'whoami lacks a field': {
    change: (answer) => answer.status === 200 && body(answer, (it) => delete it.claims),
    noticed: ['whoami with a token: the body has what the document requires'],
  },
  'whoami has a field of another type': {
    change: (answer) => answer.status === 200 && body(answer, (it) => it.scopes && (it.scopes = 'profile:read')),
    noticed: ['whoami with a token: the body has what the document requires'],
  },
  'a refusal has no challenge': {
    change: (answer) => delete answer.headers['www-authenticate'],
    noticed: [
      'whoami without a token: there is one challenge for each scheme: Bearer, DPoP',
      'whoami with a tampered token: there is one challenge for each scheme: Bearer, DPoP',
    ],
  },
  'a refusal has a challenge too many': {
    change: (answer) => answer.headers['www-authenticate']?.push('Basic realm="api"'),
    noticed: [
      'whoami without a token: there is one challenge for each scheme: Bearer, DPoP',
      'whoami with a tampered token: there is one challenge for each scheme: Bearer, DPoP',
    ],
  },
  'a refusal has no challenge for DPoP': {
    change: (answer) => answer.headers['www-authenticate']?.pop(),
    noticed: [
      'whoami without a token: there is one challenge for each scheme: Bearer, DPoP',
      'whoami with a tampered token: there is one challenge for each scheme: Bearer, DPoP',
    ],
  },
  'a challenge for DPoP names no algorithms': {
    change: (answer) => {
      const challenges = answer.headers['www-authenticate'];
      if (challenges) challenges[1] = challenges[1].replace(/, algs="[^"]*"/, '');
    },
    noticed: [
      'whoami without a token: there is one challenge for each scheme: Bearer, DPoP',
      'whoami with a tampered token: there is one challenge for each scheme: Bearer, DPoP',
    ],
  },
  'a request without credentials gets an error code': {
    change: (answer, request) => {
      if (isRefusal(answer) && !request.headers.authorization) {
        answer.headers['www-authenticate'][0] += ', error="invalid_token", error_description="x"';
      }
    },
    noticed: ['whoami without a token: there is one challenge for each scheme: Bearer, DPoP'],
  },
  'a challenge names no metadata': {
    change: (answer) => {
      const challenges = answer.headers['www-authenticate'];
      const shorter = challenges?.map((it) => it.replace(/, resource_metadata="[^"]*"/, ''));
      if (challenges) answer.headers['www-authenticate'] = shorter;
    },
    noticed: [
      'whoami without a token: there is one challenge for each scheme: Bearer, DPoP',
      'whoami with a tampered token: there is one challenge for each scheme: Bearer, DPoP',
    ],
  },
  'a refusal is no problem': {
    change: (answer) => isRefusal(answer) && (answer.headers['content-type'] = 'application/json'),
    noticed: [
      'whoami without a token: the body is a problem',
      'whoami with a tampered token: the body is a problem',
    ],
  },
  'a refusal has another reason': {
    change: (answer) =>
      isRefusal(answer) && body(answer, (it) => it.reason === 'bad_signature' && (it.reason = 'expired')),
    noticed: ['whoami with a tampered token: the body is a problem'],
  },
  'a refusal may be kept': {
    change: (answer) => isRefusal(answer) && delete answer.headers['cache-control'],
    noticed: [
      'whoami without a token: the body is a problem',
      'whoami with a tampered token: the body is a problem',
    ],
  },
};

/** `welcome` is the good service's answer to a caller it lets in. */
export async function startFaulty(service, { change = () => {}, token, welcome }) {
  const server = http.createServer(async (request, response) => {
    const headers = { ...request.headers };
    if (token && headers.authorization) headers.authorization = `Bearer ${token}`;
    const { json, ...answer } = await call(service.url + request.url, { method: request.method, headers });
    // Node joins the fields of a response.
    const challenges = answer.headers['www-authenticate'];
    if (challenges) answer.headers['www-authenticate'] = challenges.split(/, (?=DPoP realm=)/);
    change(answer, request, welcome);
    delete answer.headers['content-length'];
    response.writeHead(answer.status, answer.headers).end(answer.text);
  });
  const port = await freePort();
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() };
}
