
pm.test(`the status is ${expected.status}`, () => pm.response.to.have.status(expected.status));

pm.test('there is one Bearer challenge', () => {
    const challenges = pm.response.headers.filter((header) => /^www-authenticate$/i.test(header.key));
    pm.expect(challenges).to.have.lengthOf(1);

    const quoted = '"(?:[^"\\\\]|\\\\.)*"';
    const error = expected.error ? `, error="${expected.error}", error_description=${quoted}` : '';
    const metadata = '"https?://[^"]+/\\.well-known/oauth-protected-resource"';
    const shape = `^Bearer realm=${quoted}, resource_metadata=${metadata}${error}$`;
    pm.expect(challenges[0].value).to.match(new RegExp(shape));
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
