// Hands the issuer's answer to the Swagger UI that opened this window, and closes it.
'use strict';

const answer = new URLSearchParams(location.search);
// The code must not stay in the address bar or the history.
history.replaceState(null, '', location.pathname);

const request = window.opener?.swaggerUIRedirectOauth2;
if (!request) {
  document.getElementById('message').textContent = 'This window was not opened by Swagger UI.';
} else {
  const { auth, callback, errCb, redirectUrl, state } = request;
  const refuse = (message) =>
    errCb({ authId: auth.name, source: 'auth', level: 'error', message });
  if (answer.get('state') !== state) {
    // Somebody else's answer (RFC 6749 section 10.12).
    refuse('The answer does not belong to this request: its state differs.');
  } else if (answer.has('code')) {
    auth.code = answer.get('code');
    callback({ auth, redirectUrl });
  } else {
    const description = answer.get('error_description') ?? 'no code was received';
    refuse(`[${answer.get('error') ?? 'Authorization failed'}] ${description}`);
  }
  window.close();
}
