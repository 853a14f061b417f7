//! The database: opened with its migrations, checked by the readiness probe, closed at the end.
//!
//! SQLite in a file, or in memory for tests, and PostgreSQL where several replicas share it. The
//! statements are next to the operations that use them and are the same for both.

use sqlx::any::{AnyPoolOptions, install_default_drivers};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::{AnyPool, Executor};

use crate::Settings;

/// A pool of connections to a database with the shop's tables.
pub(crate) struct Database {
    pool: AnyPool,
    /// The URL, if other replicas may use the same database.
    shared: Option<String>,
}

impl Database {
    /// Connects, and applies the migrations that the database does not have yet.
    ///
    /// Replicas that start at the same time wait for each other: sqlx takes a lock.
    ///
    /// # Errors
    ///
    /// A [`DatabaseError`]. It does not contain the URL.
    pub(crate) async fn open(settings: &Settings) -> Result<Self, DatabaseError> {
        install_default_drivers();
        let url = settings.database_url.reveal();
        let is_postgres = url.starts_with("postgres:") || url.starts_with("postgresql:");
        if !is_postgres && !url.starts_with("sqlite:") {
            return Err(DatabaseError::Scheme);
        }
        // Each connection to a database in memory would open a database of its own.
        let connections = match url.contains(":memory:") {
            true => 1,
            false => settings.database_connections.get(),
        };
        let pool = AnyPoolOptions::new()
            .max_connections(connections)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect(url)
            .await
            .map_err(DatabaseError::Connect)?;
        MIGRATIONS.run(&pool).await?;
        let shared = is_postgres.then(|| url.to_owned());
        Ok(Self { pool, shared })
    }

    /// The connections, for the statements of an operation.
    pub(crate) fn pool(&self) -> &AnyPool {
        &self.pool
    }

    /// The URL of a database that other replicas may use too.
    pub(crate) fn shared_url(&self) -> Option<&str> {
        self.shared.as_deref()
    }

    /// Whether the database answers: a condition of `/readyz`.
    ///
    /// # Errors
    ///
    /// What the database or its driver reported.
    pub(crate) async fn ping(&self) -> Result<(), sqlx::Error> {
        self.pool.execute("SELECT 1").await?;
        Ok(())
    }

    /// Closes all connections, after those in use have been returned.
    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}

/// Why there is no database.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DatabaseError {
    /// The URL is of another database.
    #[error("`app.database_url` must begin with `sqlite:`, `postgres:` or `postgresql:`")]
    Scheme,
    /// No connection.
    #[error("the database of `app.database_url` cannot be opened")]
    Connect(#[source] sqlx::Error),
    /// The tables could not be brought up to date.
    #[error("the migrations of the database failed")]
    Migrate(#[from] MigrateError),
}

static MIGRATIONS: Migrator = sqlx::migrate!();
