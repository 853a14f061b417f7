// Hands the issuer's answer to the Swagger UI that opened this window. Closes the window after a
// code, and explains a refusal.
'use strict';

const answer = new URLSearchParams(location.search);
// The code must not stay in the address bar or the history.
history.replaceState(null, '', location.pathname);

const request = window.opener?.swaggerUIRedirectOauth2;

function add(parent, name, text, attributes = {}) {
  const element = Object.assign(document.createElement(name), attributes);
  element.textContent = text;
  return parent.appendChild(element);
}

function explain(heading, code, description) {
  const { title, steps } = adviceFor(code);
  const main = document.getElementById('main');
  document.title = heading;
  document.getElementById('title').textContent = heading;
  add(main, 'p', title);
  const said = add(main, 'p', '');
  add(said, 'code', code);
  said.append(` ${description}`);
  add(main, 'h2', 'What to do');
  const list = add(main, 'ul', '');
  for (const step of steps) add(list, 'li', step);
  if (request) {
    const details = add(main, 'details', '');
    add(details, 'summary', 'What was requested');
    const rows = add(details, 'dl', '');
    const sent = [
      ['Client ID', request.auth.clientId || 'none'],
      ['Scopes', request.auth.scopes.join(' ') || 'none'],
      ['Redirect URI', request.redirectUrl],
    ];
    for (const [name, value] of sent) {
      add(rows, 'dt', name);
      add(add(rows, 'dd', ''), 'code', value);
    }
  }
  const button = add(main, 'button', 'Close this window', { type: 'button', className: 'action' });
  button.addEventListener('click', () => window.close());
  button.focus();
}

if (!request) {
  document.getElementById('title').textContent = 'This window is not part of a sign-in';
  add(document.getElementById('main'), 'p', 'Open the documentation of the API, and sign in there.');
} else {
  const { auth, callback, errCb, redirectUrl, state } = request;
  const refuse = (code, description) => {
    errCb({ authId: auth.name, source: 'auth', level: 'error', message: code, code, description });
    explain('Sign-in refused', code, description);
  };
  if (answer.get('state') !== state) {
    // It may be an answer to somebody else's request (RFC 6749 section 10.12).
    refuse('state_mismatch', '');
  } else if (answer.has('code')) {
    auth.code = answer.get('code');
    callback({ auth, redirectUrl });
    window.close();
  } else {
    refuse(answer.get('error') ?? 'unknown', answer.get('error_description') ?? '');
  }
}
