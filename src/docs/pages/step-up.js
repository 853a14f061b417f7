// Signs a person in again when a call requires it (RFC 9470), as a plugin of Swagger UI.
//
// 1. A refused call names what the sign-in must be: its class, its maximum age, and the scopes.
// 2. A button below "Execute" opens the dialog and, at once, the window of the issuer. The
//    authorization request has the values of the refusal. With several issuers, it is the window of
//    the issuer of the refused token.
// 3. The token in use stays until the issuer grants another one. The person then repeats the call.
'use strict';

/** The parameters of the challenge that requires another sign-in, if the header has one. */
function stepUpChallenge(header) {
  const challenges = [];
  const parameter = /(?:([\w-]+) +)?([\w-]+) *= *(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/g;
  for (const [, scheme, name, quoted, token] of header.matchAll(parameter)) {
    // Each challenge begins with its scheme (RFC 9110 section 11.6.1).
    if (scheme || !challenges.length) challenges.push({});
    challenges.at(-1)[name.toLowerCase()] = quoted?.replace(/\\(.)/g, '$1') ?? token;
  }
  return challenges.find((it) => it.error === 'insufficient_user_authentication');
}

/** The plugin, which finds the scheme of each issuer in `settings`. */
const StepUpPlugin = (settings) => (system) => {
  const { createElement: h, Fragment, useEffect, useRef } = system.React;
  // This plugin's own state is part of later systems only.
  const attempt = () => system.getSystem().stepUpSelectors.current();
  const keep = (step) => system.getSystem().stepUpActions.set(step);
  const words = (list) => (list ?? '').split(' ').filter(Boolean);

  /** The challenge of an answer. Swagger UI splits some headers at their commas. */
  function challengeIn(response) {
    const header = response.getIn(['headers', 'www-authenticate']) ?? '';
    return stepUpChallenge(typeof header === 'string' ? header : header.join(', '));
  }

  /** The `iss` of the token in use, which is not verified; none for a token that is no JWT. */
  function issuerInUse() {
    const inUse = system.authSelectors.authorized()?.find((auth) => isBearer(auth.get('schema')));
    const token = inUse?.getIn(['token', 'access_token']) ?? inUse?.get('value') ?? '';
    const base64 = (token.split('.')[1] ?? '').replace(/-/g, '+').replace(/_/g, '/');
    try {
      return JSON.parse(atob(base64)).iss;
    } catch {
      return undefined;
    }
  }

  /** The scheme by which a person signs in at the issuer of the token in use, if there is one. */
  function personScheme() {
    const people = [...system.authSelectors.definitionsToAuthorize()]
      .flatMap((group) => [...group.entries()])
      .filter(([, schema]) => isBearer(schema) && schema.get('flow') === 'authorizationCode');
    const known = new Map(Object.entries(settings.signIn ?? {})).get(issuerInUse());
    // With one issuer, or a token that is not readable, the first one.
    return known ? people.find(([name]) => name === known) : people[0];
  }

  /** Opens the dialog with the form of one scheme. */
  function begin(call, challenge, [name, schema]) {
    const auth = system.authSelectors.authorized()?.get(name);
    keep({ call, challenge, name, auth });
    system.authActions.showDefinitions(system.Im.List([system.Im.Map([[name, schema]])]));
  }

  /** What a challenge requires, in sentences. */
  const Requirements = ({ challenge }) => {
    const classes = words(challenge.acr_values).map((it) => h('code', { key: it }, it));
    return h(
      'ul',
      null,
      classes.length > 0 &&
        h(
          'li',
          null,
          'The sign-in must be of the class ',
          classes.flatMap((it, index) => (index ? [' or ', it] : [it])),
          '.',
        ),
      challenge.max_age && h('li', null, `The sign-in may be at most ${challenge.max_age} s old.`),
    );
  };

  /** The offer to sign in again, at the answer that requires it. */
  function StepUpOffer({ call, response }) {
    const challenge = challengeIn(response);
    if (!challenge) return null;
    const step = attempt();
    if (step?.isDone && step.call === call)
      return h(
        'div',
        { className: 'step-up', role: 'status' },
        'You have signed in again. Press “Execute” to repeat the call.',
      );
    const scheme = personScheme();
    return h(
      'div',
      { className: 'step-up', role: 'status' },
      h('strong', null, 'This operation requires another sign-in.'),
      h(Requirements, { challenge }),
      scheme
        ? h(
            'button',
            { type: 'button', className: 'action', onClick: () => begin(call, challenge, scheme) },
            'Sign in again',
          )
        : 'Get another token from the issuer, and enter it under “Authorize”.',
    );
  }

  const wrapLiveResponse = (Stock) => (props) =>
    h(
      Fragment,
      null,
      h(props.getComponent('StepUpOffer', true), {
        call: `${props.method} ${props.path}`,
        response: props.response,
      }),
      h(Stock, props),
    );

  /** The form of the scheme, which is submitted at once. It is shown although a token is in use. */
  const wrapOauth2 = (Form) => (props) => {
    const form = useRef(null);
    const step = attempt();
    const isHere = Boolean(step && !step.isDone && step.name === props.name);
    useEffect(() => {
      if (!isHere) return;
      const { clientId, scopes } = step.auth?.toJS() ?? form.current.state;
      // The parameters belong to OpenID Connect, and some issuers refuse them without its scope.
      const all = [...new Set([...scopes, ...words(step.challenge.scope), 'openid'])];
      const submit = () => form.current.authorize({ preventDefault() {} });
      form.current.setState({ clientId, scopes: all }, () => clientId && submit());
    }, []);
    if (!isHere) return h(Form, props);
    return h(
      Fragment,
      null,
      h('div', { className: 'hint step-up-hint' }, h(Requirements, { challenge: step.challenge })),
      h(Form, { ...props, ref: form, authorized: props.authorized?.delete(props.name) }),
    );
  };

  /** The authorization request with the values of the challenge. RFC 9470 section 4. */
  const wrapPopup = (open) => (url, request) => {
    const step = attempt();
    if (!step || step.isDone || step.name !== request.auth.name) return open(url, request);
    const added = new URLSearchParams();
    for (const name of ['acr_values', 'max_age']) {
      if (step.challenge[name]) added.set(name, step.challenge[name]);
    }
    return open(`${url}&${added}`, request);
  };

  const wrapAuthorize = (authorize) => (payload) => {
    const step = attempt();
    const result = authorize(payload);
    if (step && !step.isDone && step.name === payload.auth.name) {
      keep({ ...step, isDone: true });
      document.querySelector('dialog.authorize-dialog')?.close();
    }
    return result;
  };

  /** The answer to a repeated call may be another refusal. */
  const wrapResponse = (receive) => (path, method, response) => {
    if (attempt()?.call === `${method} ${path}`) keep(null);
    return receive(path, method, response);
  };

  /** A dialog that is closed without a token ends the attempt. */
  const wrapShow = (show) => (definitions) => {
    const step = attempt();
    if (!definitions && step && !step.isDone) keep(null);
    return show(definitions);
  };

  return {
    components: { StepUpOffer },
    wrapComponents: { liveResponse: wrapLiveResponse, oauth2: wrapOauth2 },
    statePlugins: {
      stepUp: {
        initialState: {},
        actions: { set: (payload) => ({ type: 'step_up_set', payload }) },
        reducers: { step_up_set: (state, { payload }) => state.set('current', payload) },
        selectors: { current: (state) => state.get('current') },
      },
      spec: { wrapActions: { setResponse: wrapResponse } },
      auth: {
        wrapActions: { authPopup: wrapPopup, authorizeOauth2: wrapAuthorize, showDefinitions: wrapShow },
      },
    },
  };
};
