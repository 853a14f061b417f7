
pm.test(`the status is ${expected.status}`, () => pm.response.to.have.status(expected.status));

pm.test(`there is one challenge for each scheme: ${Object.keys(expected.challenges).join(', ')}`, () => {
    const found = pm.response.headers.filter((header) => /^www-authenticate$/i.test(header.key)).map((header) => header.value);
    pm.expect(found).to.have.lengthOf(Object.keys(expected.challenges).length);

    const quoted = '"(?:[^"\\\\]|\\\\.)*"';
    const metadata = '"https?://[^"]+/\\.well-known/oauth-protected-resource"';
    Object.entries(expected.challenges).forEach(([scheme, code]) => {
        const algorithms = scheme === 'DPoP' ? `, algs=${quoted}` : '';
        const error = code ? `, error="${code}", error_description=${quoted}` : '';
        const shape = new RegExp(`^${scheme} realm=${quoted}, resource_metadata=${metadata}${algorithms}${error}$`);
        pm.expect(found.find((value) => value.startsWith(`${scheme} `)), scheme).to.match(shape);
    });
});

pm.test('the body is a problem', () => {
    const [mediaType] = pm.response.headers.get('Content-Type').split(';');
    pm.expect(mediaType.trim()).to.equal('application/problem+json');
    pm.expect(pm.response.headers.get('Cache-Control')).to.equal('no-store');

    const problem = pm.response.json();
    pm.expect(problem).to.include.all.keys('type', 'title', 'status', 'detail', 'reason');
    pm.expect(problem.status).to.equal(expected.status);
    pm.expect(problem.reason).to.equal(expected.reason);
});
