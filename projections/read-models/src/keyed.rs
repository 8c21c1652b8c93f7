//! The rows a batch touches, folded in memory and written once.

use std::collections::{BTreeMap, BTreeSet};

use read_store::{StoreError, Transaction, bulk::COPY_ROWS_MIN};
use uuid::Uuid;

use crate::table::{self, TableRow};

struct Slot<T> {
    row: Option<T>,
    stored: bool,
    changed: bool,
}

/// Rows by id, loaded before a batch is folded and written after it.
pub(crate) struct Keyed<T> {
    table: &'static str,
    key: &'static str,
    slots: BTreeMap<Uuid, Slot<T>>,
    /// Whether a row that was not loaded is not there.
    complete: bool,
}

impl<T: TableRow> Keyed<T> {
    /// The rows with these ids; `id_of` says which is which.
    pub(crate) async fn load(
        tx: &Transaction<'_>,
        table: &'static str,
        key: &'static str,
        ids: impl IntoIterator<Item = Uuid>,
        id_of: impl Fn(&T) -> Uuid,
    ) -> Result<Self, StoreError> {
        let ids: Vec<Uuid> = ids.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
        let loaded = table::load::<T>(tx, table, key, &ids).await?;
        Ok(Self { complete: true, ..Self::of(table, key, loaded, id_of) })
    }

    /// Rows that were loaded in another way, so that others may be there; `key` is the column of their ids.
    pub(crate) fn of(
        table: &'static str,
        key: &'static str,
        loaded: Vec<T>,
        id_of: impl Fn(&T) -> Uuid,
    ) -> Self {
        let slot = |row: T| (id_of(&row), Slot { row: Some(row), stored: true, changed: false });
        Self { table, key, slots: loaded.into_iter().map(slot).collect(), complete: false }
    }

    /// The row as folded so far.
    pub(crate) fn get(&self, id: Uuid) -> Option<&T> {
        self.slots.get(&id).and_then(|slot| slot.row.as_ref())
    }

    /// Every row as folded so far.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &T> {
        self.slots.values().filter_map(|slot| slot.row.as_ref())
    }

    /// Sets a row.
    pub(crate) fn put(&mut self, id: Uuid, row: T) {
        let slot = self.slots.entry(id).or_insert(Slot { row: None, stored: false, changed: true });
        slot.row = Some(row);
        slot.changed = true;
    }

    /// Removes a row.
    pub(crate) fn remove(&mut self, id: Uuid) {
        if let Some(slot) = self.slots.get_mut(&id) {
            slot.changed |= slot.row.is_some();
            slot.row = None;
        }
    }

    /// Writes what changed, in few statements. Returns the number of rows written or removed.
    pub(crate) async fn write(&self, tx: &Transaction<'_>) -> Result<u64, StoreError> {
        let changed = || self.slots.iter().filter(|(_, slot)| slot.changed);
        let is_new = |slot: &Slot<T>| self.complete && !slot.stored;
        let mut new: Vec<&T> =
            changed().filter(|(_, slot)| is_new(slot)).filter_map(|(_, slot)| slot.row.as_ref()).collect();
        let mut rows: Vec<&T> =
            changed().filter(|(_, slot)| !is_new(slot)).filter_map(|(_, slot)| slot.row.as_ref()).collect();
        let gone: Vec<Uuid> =
            changed().filter(|(_, slot)| slot.stored && slot.row.is_none()).map(|(id, _)| *id).collect();
        let mut written = table::delete(tx, self.table, self.key, &gone).await?;
        if new.len() >= COPY_ROWS_MIN {
            written += table::append(tx, self.table, &new).await?;
        } else {
            rows.append(&mut new);
        }
        Ok(written + table::upsert(tx, self.table, self.key, &rows).await?)
    }
}

/// Rows that belong to one owner and are replaced together.
pub(crate) struct Sets<T> {
    table: &'static str,
    owner: &'static str,
    key: &'static str,
    replaced: BTreeMap<Uuid, Vec<T>>,
}

impl<T: TableRow> Sets<T> {
    /// No change yet. `owner` is the column with the owner's id, `key` the primary key's columns, which tell the owner, too:
    /// no two owners' rows share one.
    pub(crate) fn new(table: &'static str, owner: &'static str, key: &'static str) -> Self {
        Self { table, owner, key, replaced: BTreeMap::new() }
    }

    /// The owner's rows are these and no others.
    pub(crate) fn replace(&mut self, owner: Uuid, rows: Vec<T>) {
        self.replaced.insert(owner, rows);
    }

    /// Writes what changed, in two statements. Returns the number of rows written or removed.
    pub(crate) async fn write(&self, tx: &Transaction<'_>) -> Result<u64, StoreError> {
        let owners: Vec<Uuid> = self.replaced.keys().copied().collect();
        let rows: Vec<&T> = self.replaced.values().flatten().collect();
        let removed = table::delete(tx, self.table, self.owner, &owners).await?;
        if rows.len() >= COPY_ROWS_MIN {
            // The owners have no row any more, and others cannot have these.
            return Ok(removed + table::append(tx, self.table, &rows).await?);
        }
        Ok(removed + table::upsert(tx, self.table, self.key, &rows).await?)
    }
}
