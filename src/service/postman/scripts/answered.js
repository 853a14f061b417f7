
pm.test(`the status is ${expected.status}`, () => pm.response.to.have.status(expected.status));

if (expected.mediaType) {
    pm.test(`the body is ${expected.mediaType}`, () => {
        const [mediaType] = pm.response.headers.get('Content-Type').split(';');
        pm.expect(mediaType.trim()).to.equal(expected.mediaType);
    });
}

if (expected.schema) {
    pm.test('the body has what the document requires', () => pm.response.to.have.jsonSchema(expected.schema));
}
