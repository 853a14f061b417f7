// How Swagger UI gets, keeps and forgets tokens, as a plugin of Swagger UI.
//
// 1. There is one token at a time: a new one replaces that of another scheme. Swagger UI would send
//    one of several, and not say which.
// 2. A client secret, an authorization code and its verifier are kept no longer than the request
//    that sends them.
// 3. The `state` of a request is random. Swagger UI's own is the time of day.
'use strict';

/** Whether a scheme writes a token into `Authorization`. */
const isBearer = (schema) =>
  schema.get('type') === 'oauth2' || (schema.get('scheme') ?? '').toLowerCase() === 'bearer';

const TokensPlugin = (system) => {
  let timer;

  /** Logs out of every other scheme that writes the same header. */
  function replaceOthers(names) {
    const others = system.authSelectors
      .authorized()
      ?.filter((auth, name) => !names.includes(name) && isBearer(auth.get('schema')));
    if (others?.size) system.authActions.logout([...others.keys()]);
  }

  /** Opens the issuer's page, and notices when it is closed without an answer. */
  function openWindow(url, request) {
    const state = [...crypto.getRandomValues(new Uint8Array(16))]
      .map((it) => it.toString(16).padStart(2, '0'))
      .join('');
    const target = url.replace(`state=${encodeURIComponent(request.state)}`, `state=${state}`);
    const name = request.auth.name;
    clearInterval(timer);
    const once = (answer) => (content) => {
      clearInterval(timer);
      delete window.swaggerUIRedirectOauth2;
      system.errActions.clear({ type: 'auth' });
      answer(content);
    };
    const refuse = once((code) =>
      request.errCb({ authId: name, source: 'auth', level: 'error', message: code, code }),
    );
    window.swaggerUIRedirectOauth2 = {
      ...request,
      state,
      callback: once(request.callback),
      errCb: once(request.errCb),
    };
    const popup = window.open(target);
    if (!popup) return refuse('window_blocked');
    timer = setInterval(() => popup.closed && refuse('window_closed'), 500);
  }

  return {
    statePlugins: {
      auth: {
        wrapActions: {
          authPopup: () => openWindow,
          authorize: (original) => (schemes) => {
            const isOurs = Object.values(schemes).some(({ schema }) => isBearer(schema));
            if (isOurs) replaceOthers(Object.keys(schemes));
            return original(schemes);
          },
          authorizeOauth2:
            (original) =>
            ({ auth, token }) => {
              const { clientSecret, code, codeVerifier, ...kept } = auth;
              replaceOthers([kept.name]);
              return original({ auth: kept, token });
            },
        },
      },
    },
  };
};
