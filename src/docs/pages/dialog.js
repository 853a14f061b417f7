// The dialog in which Swagger UI gets a token, as a plugin of Swagger UI. It replaces Swagger UI's
// own dialog, whose forms share their input and keep it after a logout.
//
// 1. The forms are in the order of the document: a person first, then a program, then a token.
// 2. A field is empty after its form was used, except for the client ID.
// 3. With several issuers, each has its own forms, whose schemes end with the name of the issuer.
// 4. A refusal is shown with what to do about it (`refusal.js`).
'use strict';

/** The plugin, for the client ID of `settings`. */
const DialogPlugin = (settings) => (system) => {
  const { createElement: h, useEffect, useRef, useState } = system.React;

  const kindOf = (schema) => {
    if (!isBearer(schema)) return 'other';
    if (schema.get('x-tls-client-certificate-bound-access-tokens')) return 'certificate';
    if (schema.get('type') === 'http') return 'token';
    return { authorizationCode: 'person', clientCredentials: 'program' }[schema.get('flow')] ?? 'other';
  };
  const SUMMARY = {
    person: ['Sign in', 'for people'],
    program: ['Client credentials', 'for programs'],
    token: ['Access token', 'that you have already'],
    certificate: ['Access token', 'bound to the certificate of this browser'],
  };

  /** The name of the issuer that a scheme belongs to; none for the first issuer. */
  const issuerOf = (name) => /^(?:SignIn|ClientCredentials|OpenIdConnect)-(.+)$/.exec(name)?.[1];
  const clientIdOf = (name) => {
    const issuer = issuerOf(name);
    return issuer ? (settings.clientIds?.[issuer] ?? '') : settings.clientId;
  };

  const Field = ({ id, label, ...input }) =>
    h(
      'div',
      { className: 'field' },
      h('label', { htmlFor: id }, label),
      h('input', { id, type: 'text', autoComplete: 'off', spellCheck: false, ...input }),
    );

  /** Swagger UI's own form of an OAuth flow, with our page around its state. */
  const wrapOauth2 = (Stock) =>
    class extends Stock {
      constructor(props, context) {
        super(props, context);
        const isPerson = kindOf(props.schema) === 'person';
        // Swagger UI has one client for all flows.
        Object.assign(this.state, { clientId: isPerson ? clientIdOf(props.name) : '', clientSecret: '' });
        const stock = this.authorize;
        this.authorize = (event) => {
          event.preventDefault();
          this.props.errActions.clear({ type: 'auth' });
          stock();
        };
      }

      componentDidUpdate(before) {
        const isIn = ({ authorized, name }) => Boolean(authorized?.get(name));
        if (isIn(this.props) !== isIn(before)) {
          const { code, codeVerifier, token, ...state } = this.state;
          for (const name of ['code', 'codeVerifier', 'token']) delete this.state[name];
          this.setState({ clientSecret: '' });
        }
      }

      scopes() {
        const { schema, name } = this.props;
        const scopes = schema.get('allowedScopes') ?? schema.get('scopes');
        if (!scopes?.size) return null;
        const item = (text, scope) =>
          h(
            'li',
            { key: scope },
            h(
              'label',
              null,
              h('input', {
                type: 'checkbox',
                'data-value': scope,
                checked: this.state.scopes.includes(scope),
                onChange: this.onScopeChange,
              }),
              // The document has a text for each scope, and nothing better for some.
              h('span', null, h('code', null, scope), text !== `Grants ${scope}.` && ` ${text}`),
            ),
          );
        return h(
          'fieldset',
          null,
          h('legend', null, 'Scopes'),
          h(
            'ul',
            { className: 'scopes-list', 'aria-label': `Scopes of ${name}` },
            [...scopes.entries()].map(([scope, text]) => item(text, scope)),
          ),
        );
      }

      person() {
        const { schema, name } = this.props;
        const issuer = issuerOf(name);
        const origin = new URL(schema.get('authorizationUrl'), location.href).host;
        return [
          h(
            'p',
            { key: 'about' },
            'You sign in at ',
            h('strong', null, origin),
            ', which opens in a new window. This page gets an access token and keeps it until you log out or leave.',
          ),
          !clientIdOf(name) &&
            h(
              'p',
              { key: 'client', className: 'hint' },
              'No client is set. Register a single-page application at the issuer with the redirect URI below, and enter its client ID here, or set ',
              h('code', null, issuer ? `issuers.${issuer}.docs_client_id` : 'docs.client_id'),
              '.',
            ),
        ];
      }

      render() {
        const { schema, name, authorized, errSelectors, getComponent, getConfigs } = this.props;
        const isPerson = kindOf(schema) === 'person';
        const errors = errSelectors.allErrors().filter((error) => error.get('authId') === name);
        const auth = authorized?.get(name);
        if (auth) {
          const granted = auth.getIn(['token', 'scope']) ?? this.state.scopes.join(' ');
          return h(
            'div',
            { className: 'form' },
            h(
              'p',
              null,
              isPerson ? 'You are signed in. ' : 'The issuer granted a token. ',
              'Each call from this page carries the access token.',
            ),
            granted && h('p', null, 'Granted: ', h('code', null, granted)),
            h(getComponent('BoundTo'), { auth }),
            h('button', { type: 'button', className: 'action quiet', onClick: this.logout }, 'Log out'),
          );
        }
        const url = (label, value) => [
          h('dt', { key: label }, label),
          h('dd', { key: `${label}:` }, h('code', null, value)),
        ];
        return h(
          'form',
          { className: 'form', onSubmit: this.authorize },
          isPerson
            ? this.person()
            : h('p', null, 'The page sends the secret to the issuer, and keeps only the token.'),
          h(Field, {
            id: `${name}-client-id`,
            label: 'Client ID',
            value: this.state.clientId,
            'data-name': 'clientId',
            onChange: this.onInputChange,
            required: true,
          }),
          !isPerson &&
            h(Field, {
              id: `${name}-client-secret`,
              label: 'Client secret',
              type: 'password',
              value: this.state.clientSecret,
              'data-name': 'clientSecret',
              onChange: this.onInputChange,
              required: true,
            }),
          this.scopes(),
          h(getComponent('BindToken')),
          errors.valueSeq().map((error, index) => h(getComponent('Refusal'), { key: index, error })),
          h('button', { type: 'submit', className: 'action' }, isPerson ? 'Sign in' : 'Get a token'),
          h(
            'details',
            // Without a client, the redirect URI is needed first.
            { className: 'addresses', open: isPerson && !clientIdOf(name) ? true : undefined },
            h('summary', null, 'Addresses'),
            h(
              'dl',
              null,
              isPerson && url('Redirect URI, to register at the issuer', getConfigs().oauth2RedirectUrl),
              isPerson && url('Authorization endpoint', schema.get('authorizationUrl')),
              url('Token endpoint', schema.get('tokenUrl')),
            ),
          ),
        );
      }
    };

  /** The form for a token that the caller has already. */
  function TokenForm({ name, schema, authorized, authActions }) {
    const [value, setValue] = useState('');
    const [isBound, setBound] = useState(false);
    if (authorized?.get(name)) {
      return h(
        'div',
        { className: 'form' },
        h('p', null, 'Each call from this page carries the access token.'),
        h(
          'button',
          {
            type: 'button',
            className: 'action quiet',
            onClick: () => authActions.logoutWithPersistOption([name]),
          },
          'Log out',
        ),
      );
    }
    const submit = (event) => {
      event.preventDefault();
      const token = value.trim().replace(/^bearer\s+/i, '');
      setValue('');
      setBound(isBoundToken(token));
      if (isBoundToken(token)) return;
      authActions.authorizeWithPersistOption({ [name]: { name, schema, value: token } });
    };
    return h(
      'form',
      { className: 'form', onSubmit: submit },
      h('p', null, 'Paste an access token of the issuer, without the word “Bearer”.'),
      kindOf(schema) === 'certificate' &&
        h('p', null, 'The token must be bound to the certificate that this browser uses for the API.'),
      h(Field, {
        id: `${name}-token`,
        label: 'Access token',
        value,
        required: true,
        onChange: (event) => setValue(event.target.value),
      }),
      isBound &&
        h(
          'div',
          { className: 'refusal', role: 'alert' },
          h('strong', null, 'This token is bound to a key that this page does not have.'),
          h('p', null, 'Sign in here instead: the page then gets a token that is bound to its own key.'),
        ),
      h('button', { type: 'submit', className: 'action' }, 'Use this token'),
    );
  }

  function Form({ kind, name, schema, ...props }) {
    const authorized = props.authSelectors.authorized();
    if (kind === 'token' || kind === 'certificate') return h(TokenForm, { ...props, name, schema, authorized });
    if (kind === 'other')
      return h(props.getComponent('auths'), { ...props, definitions: system.Im.Map([[name, schema]]) });
    return h(props.getComponent('oauth2', true), { name, schema, authorized });
  }

  /** The dialog: one section per scheme, of which one is open. */
  function Dialog(props) {
    const { authSelectors, authActions, errActions } = props;
    const dialog = useRef(null);
    const authorized = authSelectors.authorized();
    const definitions = authSelectors.shownDefinitions() || [];
    // A bound token comes from one of the other forms.
    const isForm = ([, schema]) => (schema.get('scheme') ?? '').toLowerCase() !== 'dpop';
    const methods = [...definitions].flatMap((group) => [...group.entries()]).filter(isForm);
    const active = methods.find(([name]) => authorized?.get(name)) ?? methods[0];
    const [opened, open] = useState(active?.[0]);
    useEffect(() => {
      dialog.current.showModal();
    }, []);
    const closed = () => {
      errActions.clear({ type: 'auth' });
      authActions.showDefinitions(false);
    };
    const section = ([name, schema]) => {
      const kind = kindOf(schema);
      const [title, audience] = SUMMARY[kind] ?? [name, schema.get('type')];
      const issuer = issuerOf(name);
      const toggle = (event) => {
        event.preventDefault();
        open(opened === name ? null : name);
      };
      return h(
        'details',
        { key: name, className: 'method', open: opened === name, 'data-scheme': name },
        h(
          'summary',
          { onClick: toggle },
          h('span', null, issuer ? `${title}: ${issuer}` : title),
          h('small', null, authorized?.get(name) ? 'in use' : audience),
        ),
        opened === name && h(Form, { ...props, kind, name, schema }),
      );
    };
    return h(
      'dialog',
      { ref: dialog, className: 'authorize-dialog', 'aria-labelledby': 'authorize-title', onClose: closed },
      h(
        'header',
        null,
        h('h3', { id: 'authorize-title' }, 'Authorize'),
        h(
          'button',
          {
            type: 'button',
            className: 'close',
            'aria-label': 'Close',
            onClick: () => dialog.current.close(),
          },
          '×',
        ),
      ),
      methods.map(section),
    );
  }

  return {
    wrapComponents: {
      authorizationPopup: () => Dialog,
      oauth2: wrapOauth2,
    },
  };
};
