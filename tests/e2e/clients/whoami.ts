// A program with the types that openapi-typescript makes of the document: calls hello, and whoami
// with and without a token, and prints what it learns. node whoami.js BASE_URL TOKEN
import createClient from 'openapi-fetch';
import type { components, paths } from './api.js';

const [baseUrl, token] = process.argv.slice(2);
if (!baseUrl || !token) throw new Error('whoami BASE_URL TOKEN');
const client = createClient<paths>({ baseUrl });

const greeted = await client.GET('/api/hello');
const known = await client.GET('/api/whoami', { headers: { authorization: `Bearer ${token}` } });
const stranger = await client.GET('/api/whoami');

const caller: components['schemas']['WhoAmI'] | undefined = known.data;
const problem: components['schemas']['Problem'] | undefined = stranger.error;
if (!caller || !problem) throw new Error('one answer is another than the document has');

// What the document requires is there, and what it does not may be missing.
const subject: string = caller.subject;
const reason: string = problem.reason;
// The compiler must object, or the types would allow everything.
// @ts-expect-error It may be missing.
const user: string = caller.user_id;
// @ts-expect-error A refusal has no subject.
const blamed = problem.subject;
// @ts-expect-error There is no such path.
const nowhere: keyof paths = '/api/nowhere';
void [user, blamed, nowhere];

console.log(
  JSON.stringify({
    hello: { status: greeted.response.status, message: greeted.data?.message },
    known: { status: known.response.status, subject, scopes: caller.scopes },
    stranger: { status: stranger.response.status, reason },
  }),
);
