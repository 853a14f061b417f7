// Starts Redoc on the document that lies in the page.
'use strict';

const openapi = JSON.parse(document.getElementById('document').textContent);
Redoc.init(openapi, { disableSearch: true, hideDownloadButton: true }, document.getElementById('redoc'));
