INSERT INTO products (id, name, price_cents, stock) VALUES
    ('coffee', 'Coffee, 500 g', 1190, 40),
    ('teapot', 'Teapot, blue', 3450, 7),
    ('tea', 'Green tea, 100 g', 690, 120);
