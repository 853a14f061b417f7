// Parts of a document that the guide's API does not have: every method, parameters of each kind,
// bodies, a deprecated operation, a scheme of the application's own, and long names.

const string = { type: 'string' };
const parameter = (place, name, schema, more) => ({
  in: place,
  name,
  schema,
  description: `The ${name} of the **order**, see \`GET /orders\`.`,
  ...more,
});

const operation = (summary, more) => ({
  tags: ['Orders'],
  summary,
  description: `${summary} in the shop.\n\n| column | meaning |\n| --- | --- |\n| \`a\` | [a link](https://example.com) |`,
  parameters: [
    parameter('path', 'customer_identifier', { type: 'string', format: 'uuid' }, { required: true }),
    parameter('query', 'state', {
      type: 'string',
      enum: ['placed', 'shipped', 'cancelled'],
      default: 'placed',
    }),
    parameter('query', 'products', { type: 'array', items: string }),
    parameter('query', 'gift', { type: 'boolean' }, { deprecated: true }),
    parameter('header', 'x-quantity-of-the-smallest-unit', { type: 'integer', minimum: 1, maximum: 9 }),
  ],
  responses: {
    200: {
      description: 'An order.',
      headers: { 'x-total': { description: 'All of them.', schema: { type: 'integer' } } },
      content: { 'application/json': { schema: { $ref: '#/components/schemas/Order' } } },
    },
    default: { description: 'Anything else.' },
  },
  security: [{ BearerAuth: [] }, { SignIn: [] }, { ClientCredentials: [] }, { ShopKey: [] }],
  ...more,
});

const requestBody = {
  description: 'What to order.',
  required: true,
  content: {
    'application/json': { schema: { $ref: '#/components/schemas/Order' } },
    'multipart/form-data': {
      schema: {
        type: 'object',
        required: ['picture'],
        properties: { title: string, picture: { type: 'string', format: 'binary' } },
      },
    },
  },
};

const Order = {
  type: 'object',
  description: 'An order of a customer.',
  required: ['id'],
  properties: {
    id: { type: 'string', format: 'uuid', readOnly: true, description: 'Never reused.' },
    quantity: { type: 'integer', format: 'int32', minimum: 1, default: 1, example: 3 },
    note: { type: 'string', nullable: true, maxLength: 200, pattern: '^[a-z]+$' },
    state: { type: 'string', enum: ['placed', 'shipped'] },
    old: { type: 'string', deprecated: true },
    a_property_with_a_very_long_name_indeed_that_is_wide: {
      type: 'array',
      items: { type: 'array', items: string },
    },
    more: { type: 'object', additionalProperties: string },
  },
};

/** `document` with these parts. */
export function enrich(document) {
  const path = '/customers/{customer_identifier}/orders/of_a_path_that_is_longer_than_a_phone_is_wide';
  return {
    ...document,
    externalDocs: { url: 'https://example.com', description: 'More' },
    paths: {
      ...document.paths,
      [path]: {
        get: operation('List orders', { operationId: 'list' }),
        post: operation('Place an order', { operationId: 'place', requestBody }),
        put: operation('Replace an order', { operationId: 'replace', requestBody }),
        patch: operation('Change an order', { operationId: 'change', requestBody }),
        delete: operation('Cancel an order', { operationId: 'cancel', deprecated: true }),
        head: operation('Probe', { operationId: 'probe' }),
        options: operation('Ask', { operationId: 'ask' }),
      },
    },
    components: {
      ...document.components,
      schemas: { ...document.components.schemas, Order },
      securitySchemes: {
        ...document.components.securitySchemes,
        ShopKey: { type: 'apiKey', in: 'header', name: 'x-shop-key', description: 'A key of the shop.' },
      },
    },
  };
}
