// What to do about a sign-in that is refused, by the error code of the issuer's answer: RFC 6749
// sections 4.1.2.1 and 5.2, OpenID Connect Core 1.0 section 3.1.2.6, RFC 8707 section 2.
'use strict';

const POLICY =
  'Check the access policy of the authorization server. One of its rules must allow this client, ' +
  'your account, the grant type and each requested scope. In Okta: Security > API > Authorization ' +
  'Servers > Access Policies.';
const SIGN_IN_AGAIN = 'Close this and sign in again, with the issuer’s own page visible.';
const LATER =
  'Wait a minute and try again. If it fails again, read the issuer’s own log. In Okta: Reports > System Log.';

const ADVICE = {
  access_denied: {
    title: 'The issuer did not allow this sign-in.',
    steps: [
      'If you pressed Cancel, try again.',
      'Assign your account, or a group of yours, to the application. In Okta: Applications > the application > Assignments.',
      POLICY,
    ],
  },
  invalid_request: {
    title: 'The issuer does not accept the form of the request.',
    steps: [
      'Read the issuer’s description of the error: it names the parameter.',
      'The client must be a public client (a single-page application) that uses the authorization code with PKCE (S256).',
      'The redirect URI below must be registered for the client, byte for byte.',
    ],
  },
  unauthorized_client: {
    title: 'The client is not allowed to sign people in.',
    steps: [
      'Allow the grant type Authorization Code for the client. In Okta: Applications > the application > General > Grant type.',
      'Check the client ID: a client for machine-to-machine access cannot sign people in.',
    ],
  },
  unsupported_response_type: {
    title: 'The issuer does not grant authorization codes to this client.',
    steps: ['Allow the response type “code” (the grant type Authorization Code) for the client.'],
  },
  invalid_scope: {
    title: 'The issuer does not grant a requested scope.',
    steps: [
      'Add each requested scope to the authorization server, or clear its checkbox. In Okta: Security > API > Authorization Servers > Scopes.',
      'Check whether the issuer in the settings is the authorization server that has the scope.',
      'If no scope is selected, select one: some issuers refuse a request without a scope.',
    ],
  },
  invalid_target: {
    title: 'The issuer does not know this API.',
    steps: ['Register the API at the issuer, with the audience that the settings of this service name.'],
  },
  invalid_client: {
    title: 'The issuer does not accept the client.',
    steps: [
      'Check the client ID and, for a program, the client secret.',
      'For a person, the client must be public: it must not require a secret. In Okta: Applications > the application > General > Client authentication: None.',
      'The client must be active at the issuer.',
    ],
  },
  invalid_dpop_proof: {
    title: 'The issuer requires that the token is bound to this browser (DPoP).',
    steps: [
      'Open this page at an https address or at http://localhost: the browser offers cryptography to no other page. The page then sends the proof by itself.',
      'Compare the clock of this machine with that of the issuer: a proof is valid for about a minute.',
      'Or allow the client tokens that are not bound. In Okta: Applications > the application > General > Proof of possession.',
    ],
  },
  invalid_grant: {
    title: 'The issuer does not accept the authorization code.',
    steps: [
      'A code works once and for about a minute. Sign in again.',
      'The redirect URI must be the same in both requests.',
      'If the issuer requires DPoP of the client, select “Bind the token to this browser” and sign in again.',
    ],
  },
  unsupported_grant_type: {
    title: 'The issuer does not allow this way to get a token.',
    steps: [
      'Allow the grant type for the client at the issuer: Authorization Code for a person, Client Credentials for a program.',
    ],
  },
  login_required: { title: 'The issuer requires you to sign in.', steps: [SIGN_IN_AGAIN] },
  interaction_required: { title: 'The issuer requires you to answer a question.', steps: [SIGN_IN_AGAIN] },
  account_selection_required: {
    title: 'The issuer requires you to select an account.',
    steps: [SIGN_IN_AGAIN],
  },
  consent_required: {
    title: 'The requested scopes require consent.',
    steps: [SIGN_IN_AGAIN, 'An administrator can also consent for all users at the issuer.'],
  },
  unmet_authentication_requirements: {
    title: 'Your sign-in is not strong enough.',
    steps: [
      'Set up a second factor at the issuer, and sign in again.',
      'The issuer may not know the required class: compare “acr” in the settings of this service with “acr_values_supported” in the issuer’s metadata.',
    ],
  },
  server_error: { title: 'The issuer reports an error of its own.', steps: [LATER] },
  temporarily_unavailable: { title: 'The issuer is not available at the moment.', steps: [LATER] },
  state_mismatch: {
    title: 'The answer does not belong to this request: its state differs.',
    steps: [
      'Do not continue in that window. Close it, reload this page and sign in again.',
      'If this happens again, somebody may be sending you forged links.',
    ],
  },
  window_closed: {
    title: 'The window was closed before the issuer answered.',
    steps: [
      'If you closed it, try again.',
      'If the issuer showed an error there, the client ID is unknown to it or the redirect URI is not registered for the client. Register the redirect URI below, byte for byte. In Okta: Applications > the application > General > Sign-in redirect URIs.',
    ],
  },
  window_blocked: {
    title: 'The browser did not open a window.',
    steps: ['Allow pop-up windows for this page, and try again.'],
  },
  no_answer: {
    title: 'The browser could not read an answer from the issuer’s token endpoint.',
    steps: [
      'Allow this page’s origin at the issuer (CORS). In Okta: Security > API > Trusted Origins, with CORS selected.',
      'Check whether this browser can connect to the issuer.',
      'If the token is to be bound to this browser, the issuer must allow the header DPoP from this page too. Clear the checkbox if the issuer does not support DPoP.',
    ],
  },
};

const UNKNOWN = {
  title: 'The issuer refused the request.',
  steps: [
    'Read the issuer’s description of the error, and the issuer’s own log. In Okta: Reports > System Log.',
  ],
};

/** The title and the steps for an error code. */
function adviceFor(code) {
  return Object.hasOwn(ADVICE, code) ? ADVICE[code] : UNKNOWN;
}
