//! What the writer and the readers of a store share.
//!
//! Owns the published state: the engine that counts and the catalogue of what is durable in it. Invariant: the pair
//! fits together at every moment, and only the writer replaces or changes it.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use tokio::sync::watch;

use crate::{
    StorageError,
    catalogue::Catalogue,
    engine::Engine,
    pins::{Pin, Pins},
    queue::Queue,
    store::Durability,
};

/// Shared by the store's handle and its writer.
pub(crate) struct Shared {
    pub(crate) queue: Queue,
    pub(crate) pins: Pins,
    /// The newest value is all that matters to those who wait for durability: a watch.
    pub(crate) durability: watch::Sender<Durability>,
    /// Held for a lookup by readers, for the change of a catalogue by the writer; never while the disk is waited for.
    published: RwLock<Published>,
}

/// The engine and what is durable in it.
pub(crate) struct Published {
    /// Or why there is none at the moment.
    pub(crate) engine: Result<Arc<Engine>, StorageError>,
    pub(crate) catalogue: Catalogue,
}

impl Shared {
    pub(crate) fn new(queue: Queue, durability: Durability, engine: Arc<Engine>, catalogue: Catalogue) -> Self {
        let published = Published { engine: Ok(engine), catalogue };
        Self {
            queue,
            pins: Pins::default(),
            durability: watch::Sender::new(durability),
            published: RwLock::new(published),
        }
    }

    /// The published state. Changes of it are whole statements: a panic elsewhere does not spoil it.
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Published> {
        self.published.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, Published> {
        self.published.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks something up in the catalogue and keeps its records from being removed while the pin lives.
    pub(crate) fn pinned<T>(&self, look: impl FnOnce(&Catalogue) -> T) -> Result<(Arc<Engine>, Pin, T), StorageError> {
        let pin = self.pins.pin();
        let published = self.read();
        let engine = published.engine.clone()?;
        Ok((engine, pin, look(&published.catalogue)))
    }
}
