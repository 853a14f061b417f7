-- One dialect for SQLite and PostgreSQL: ids are made by the program, times are milliseconds.

CREATE TABLE products (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    price_cents BIGINT NOT NULL CHECK (price_cents > 0),
    stock BIGINT NOT NULL CHECK (stock >= 0)
);

CREATE TABLE pictures (
    product TEXT PRIMARY KEY REFERENCES products (id),
    media_type TEXT NOT NULL,
    content BYTEA NOT NULL
);

CREATE TABLE orders (
    id TEXT PRIMARY KEY,
    customer TEXT NOT NULL,
    product TEXT NOT NULL REFERENCES products (id),
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    price_cents BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('placed', 'shipped', 'cancelled')),
    placed_at BIGINT NOT NULL
);

CREATE INDEX orders_of_customer ON orders (customer, id);
