// What every refusal looks like.
import assert from 'node:assert/strict';

/** A refusal as RFC 6750 section 3 and RFC 9457 have it. */
export function assertRefused(response, status, error) {
  assert.equal(response.status, status, response.text);
  assert.match(response.headers['www-authenticate'], /^Bearer realm="/);
  assert.match(response.headers['www-authenticate'], new RegExp(`\\berror="${error}"`));
  assertProblem(response);
}

export function assertProblem(response) {
  assert.match(response.headers['content-type'], /^application\/problem\+json\b/);
  assert.equal(response.headers['cache-control'], 'no-store');
  assert.equal(response.json().status, response.status);
}
