//! The client's own database: made before the job, as it would be in life, and read after it.

use crate::{
    destination::{Counts, Destination, Totals, group},
    error::Error,
};
use sqlx::{
    Row, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions},
};
use std::path::Path;

/// Creates the file with its one empty table.
pub async fn create(path: &Path) -> Result<(), Error> {
    let options =
        SqliteConnectOptions::new().filename(path).create_if_missing(true).journal_mode(SqliteJournalMode::Wal);
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
    sqlx::query(
        "CREATE TABLE destination (
            id          INTEGER PRIMARY KEY,
            iata        TEXT NOT NULL,
            name        TEXT NOT NULL,
            city        TEXT,
            country     TEXT NOT NULL,
            continent   TEXT NOT NULL CHECK (continent IN ('AF', 'EU', 'SA')),
            size        TEXT NOT NULL CHECK (size IN ('large', 'medium')),
            elevation_m INTEGER
        ) STRICT",
    )
    .execute(&pool)
    .await?;
    pool.close().await;
    Ok(())
}

/// What the database holds: every row by key, and totals that the database counted.
#[derive(Debug)]
pub struct Found {
    /// All rows, by key.
    pub rows: Vec<Destination>,
    /// Counted by SQL.
    pub totals: Totals,
}

/// Reads it all, through a connection that cannot write.
pub async fn read(path: &Path) -> Result<Found, Error> {
    let options = SqliteConnectOptions::new().filename(path).read_only(true);
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
    let mut rows = Vec::new();
    for row in sqlx::query("SELECT * FROM destination ORDER BY id").fetch_all(&pool).await? {
        rows.push(Destination {
            id: row.try_get("id")?,
            iata: row.try_get("iata")?,
            name: row.try_get("name")?,
            city: row.try_get("city")?,
            country: row.try_get("country")?,
            continent: row.try_get("continent")?,
            size: row.try_get("size")?,
            elevation_m: row.try_get("elevation_m")?,
        });
    }
    let mut totals = Totals::default();
    for row in sqlx::query("SELECT continent, size, count(*) AS n FROM destination GROUP BY continent, size")
        .fetch_all(&pool)
        .await?
    {
        let key = group(row.try_get("continent")?, row.try_get("size")?);
        totals.by_group.insert(key, row.try_get("n")?);
    }
    totals.by_country = by_country(&pool).await?;
    pool.close().await;
    Ok(Found { rows, totals })
}

async fn by_country(pool: &SqlitePool) -> Result<Counts, Error> {
    let mut counts = Counts::new();
    for row in sqlx::query("SELECT country, count(*) AS n FROM destination GROUP BY country").fetch_all(pool).await? {
        counts.insert(row.try_get("country")?, row.try_get("n")?);
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_written_is_read_and_counted() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("demo.sqlite");
        create(&path).await.expect("created");
        assert_eq!(read(&path).await.expect("read").rows, []);
        let pool = SqlitePool::connect_with(SqliteConnectOptions::new().filename(&path)).await.expect("open");
        sqlx::query("INSERT INTO destination VALUES (2, 'GRU', 'Guarulhos', 'São Paulo', 'BR', 'SA', 'large', 750), (1, 'IZA', 'Zona da Mata', NULL, 'BR', 'SA', 'medium', NULL)")
            .execute(&pool)
            .await
            .expect("written");
        let found = read(&path).await.expect("read");
        assert_eq!(
            found.rows.iter().map(|row| (row.id, row.city.as_deref(), row.elevation_m)).collect::<Vec<_>>(),
            [(1, None, None), (2, Some("São Paulo"), Some(750))]
        );
        assert_eq!(found.totals, Totals::count(&found.rows));
        assert_eq!(found.totals.by_country["BR"], 2);
    }
}
