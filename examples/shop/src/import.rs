//! The command `import`: `shop import products.csv`.

use std::sync::Arc;

use crate::{Database, DatabaseError, Settings};

/// Adds the products of a file with lines `id,price in cents,stock,name`, all or none of them. A
/// product that the shop has already gets the new price, stock and name.
pub(crate) async fn import(
    settings: Arc<Settings>,
    arguments: Vec<String>,
) -> Result<(), ImportError> {
    let [path] = arguments.as_slice() else {
        return Err(ImportError::Usage);
    };
    let file = std::fs::read_to_string(path).map_err(|source| ImportError::File {
        path: path.clone(),
        source,
    })?;
    let database = Database::open(&settings).await?;
    let mut transaction = database.pool().begin().await?;
    for (index, line) in file.lines().enumerate() {
        let (id, price_cents, stock, name) = parse(line).ok_or(ImportError::Line(index + 1))?;
        sqlx::query(
            "INSERT INTO products (id, name, price_cents, stock) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (id) DO UPDATE SET name = excluded.name, price_cents = excluded.price_cents, stock = excluded.stock",
        )
        .bind(id)
        .bind(name)
        .bind(price_cents)
        .bind(stock)
        .execute(&mut *transaction)
        .await?;
    }
    transaction.commit().await?;
    database.close().await;
    Ok(())
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImportError {
    #[error("one argument is expected, the file, as in `shop import products.csv`")]
    Usage,
    #[error("{path} cannot be read")]
    File {
        path: String,
        source: std::io::Error,
    },
    #[error("line {0} is not `id,price in cents,stock,name`")]
    Line(usize),
    #[error(transparent)]
    Open(#[from] DatabaseError),
    #[error("the database refused the products")]
    Statement(#[from] sqlx::Error),
}

fn parse(line: &str) -> Option<(&str, i64, i64, &str)> {
    let mut columns = line.splitn(4, ',');
    let id = columns.next().filter(|id| is_id(id))?;
    let price_cents = columns
        .next()?
        .parse()
        .ok()
        .filter(|it| (1..=100_000_000).contains(it))?;
    let stock = columns
        .next()?
        .parse()
        .ok()
        .filter(|it| (0..=1_000_000).contains(it))?;
    let name = columns
        .next()
        .filter(|name| (1..=100).contains(&name.chars().count()))?;
    Some((id, price_cents, stock, name))
}

fn is_id(id: &str) -> bool {
    let is_allowed = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-';
    (1..=40).contains(&id.len()) && id.bytes().all(is_allowed)
}
