//! Storing a file's tree: the declarations and the bodies apart, so that the bodies are read only when needed.

use super::{Body, FileHir, Interface};

/// Changes whenever the form of the tree or the meaning of lowering changes; part of every cache key.
pub const HIR_VERSION: u32 = 1;

/// A stored tree that cannot be read back.
#[derive(Debug, thiserror::Error)]
#[error("stored tree cannot be read: {0}")]
pub struct StorageError(#[from] postcard::Error);

impl Interface {
    /// The declarations as bytes.
    ///
    /// # Errors
    /// Where the encoder refuses the value, which no lowered file does.
    pub fn store(&self) -> Result<Vec<u8>, StorageError> {
        Ok(postcard::to_allocvec(self)?)
    }

    /// Declarations from bytes.
    ///
    /// # Errors
    /// Where the bytes were not written by [`Interface::store`] of the same [`HIR_VERSION`].
    pub fn load(bytes: &[u8]) -> Result<Self, StorageError> {
        Ok(postcard::from_bytes(bytes)?)
    }
}

impl FileHir {
    /// The bodies as bytes.
    ///
    /// # Errors
    /// Where the encoder refuses the value, which no lowered file does.
    pub fn store_bodies(&self) -> Result<Vec<u8>, StorageError> {
        Ok(postcard::to_allocvec(&self.bodies)?)
    }

    /// Bodies from bytes.
    ///
    /// # Errors
    /// Where the bytes were not written by [`FileHir::store_bodies`] of the same [`HIR_VERSION`].
    pub fn load_bodies(bytes: &[u8]) -> Result<Vec<Body>, StorageError> {
        Ok(postcard::from_bytes(bytes)?)
    }
}
