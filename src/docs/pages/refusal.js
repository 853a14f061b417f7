// A refused sign-in in the dialog, with what to do about it (`advice.js`), as a plugin of Swagger UI.
'use strict';

const RefusalPlugin = (system) => {
  const { createElement: h } = system.React;

  /** What the issuer answered, from Swagger UI's own sentence if it is not ours. */
  function reasonOf(error) {
    const message = String(error.get('message') ?? '');
    const code =
      error.get('code') ?? /\berror: (\w+)/.exec(message)?.[1] ?? /"error":\s*"(\w+)"/.exec(message)?.[1];
    const description = error.get('description') ?? /\bdescription: (.*)$/s.exec(message)?.[1];
    const noAnswer = /Failed to fetch|NetworkError|Load failed/i.test(message);
    return {
      code: code ?? (noAnswer ? 'no_answer' : 'unknown'),
      description: description ?? (code || noAnswer ? '' : message),
    };
  }

  function Refusal({ error }) {
    const { code, description } = reasonOf(error);
    const { title, steps } = adviceFor(code);
    return h(
      'div',
      { className: 'refusal', role: 'alert' },
      h('strong', null, title),
      h('p', null, h('code', null, code), description && ` ${description}`),
      h(
        'ul',
        null,
        steps.map((step) => h('li', { key: step }, step)),
      ),
    );
  }

  /** The errors of the page, without those of the dialog. */
  const wrapErrors = (Stock) => (props) => {
    const errors = props.errSelectors.allErrors().filter((error) => error.get('type') !== 'auth');
    return h(Stock, { ...props, errSelectors: { ...props.errSelectors, allErrors: () => errors } });
  };

  return { components: { Refusal }, wrapComponents: { errors: wrapErrors } };
};
