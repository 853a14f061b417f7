// Starts Redoc on the document that is in the page, in the colours of the page, and again when
// the system changes between light and dark.
'use strict';

const openapi = JSON.parse(document.getElementById('document').textContent);
const dark = matchMedia('(prefers-color-scheme: dark)');

function start() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  const theme = {
    colors: {
      primary: { main: colour('link') },
      text: { primary: colour('text'), secondary: colour('quiet') },
      border: { dark: colour('line'), light: colour('line') },
      responses: {
        success: { color: colour('good'), backgroundColor: colour('panel') },
        error: { color: colour('bad'), backgroundColor: colour('panel') },
        redirect: { color: colour('quiet'), backgroundColor: colour('panel') },
        info: { color: colour('link'), backgroundColor: colour('panel') },
      },
      http: {
        get: '#1d4ed8',
        post: '#15803d',
        put: '#92400e',
        patch: '#7c3aed',
        delete: '#b91c1c',
        head: '#6b21a8',
        options: '#475569',
      },
    },
    schema: {
      nestedBackground: colour('panel'),
      linesColor: colour('line'),
      typeNameColor: colour('quiet'),
      typeTitleColor: colour('quiet'),
      requireLabelColor: colour('bad'),
    },
    sidebar: { backgroundColor: colour('panel'), textColor: colour('text'), activeTextColor: colour('link') },
    typography: {
      code: { color: colour('code'), backgroundColor: colour('panel') },
      links: { color: colour('link'), visited: colour('link'), hover: colour('link') },
      fontFamily: 'inherit',
      headings: { fontFamily: 'inherit' },
    },
    rightPanel: { backgroundColor: '#1f2733' },
    codeBlock: { backgroundColor: '#11161d' },
  };
  const options = { disableSearch: true, hideDownloadButton: true, nativeScrollbars: true, theme };
  Redoc.init(openapi, options, document.getElementById('redoc'));
}

start();
dark.addEventListener('change', start);
