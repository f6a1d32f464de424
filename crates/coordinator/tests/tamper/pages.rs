//! Pages of leaves, taken apart and put together again.

use rusqlite::{Connection, params};

pub type Page = Vec<Vec<u8>>;

pub fn read_page(mut bytes: &[u8]) -> Page {
    let mut leaves = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk::<4>() {
        let (leaf, rest) = rest.split_at(u32::from_be_bytes(*length) as usize);
        leaves.push(leaf.to_vec());
        bytes = rest;
    }
    leaves
}

pub fn page_bytes(leaves: &Page) -> Vec<u8> {
    leaves.iter().flat_map(|leaf| [&(leaf.len() as u32).to_be_bytes()[..], leaf].concat()).collect()
}

/// Changes the first page with at least so many leaves.
pub fn edit_page(connection: &mut Connection, at_least: usize, edit: impl FnOnce(&mut Page)) {
    let (id, bytes): (i64, Vec<u8>) = connection
        .query_row(
            "SELECT g.page_id, g.leaves FROM ledger_place p JOIN ledger_page g ON g.page_id = p.page_id WHERE p.leaf_count >= ?1 ORDER BY p.first_index LIMIT 1",
            [at_least as i64],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .expect("a page");
    let mut leaves = read_page(&bytes);
    edit(&mut leaves);
    connection
        .execute("UPDATE ledger_page SET leaves = ?2 WHERE page_id = ?1", params![id, page_bytes(&leaves)])
        .expect("edited");
}
