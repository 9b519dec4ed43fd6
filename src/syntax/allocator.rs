//! The allocator that tree-sitter's C code uses.
//!
//! Parsing allocates many small nodes, which mimalloc does faster than the C library's own allocator,
//! and a global allocator of Rust does not reach C code.
#![expect(unsafe_code, reason = "tree-sitter takes its allocator as C functions; see `install`")]

use std::ffi::c_void;
use std::ptr::null_mut;

use libmimalloc_sys::{mi_free, mi_malloc, mi_realloc, mi_zalloc};
use tree_sitter::{Allocator, set_allocator};

/// # Safety
/// None is needed: any two numbers will do.
unsafe extern "C" fn calloc(count: usize, size: usize) -> *mut c_void {
    match count.checked_mul(size) {
        // SAFETY: `mi_zalloc` takes any size.
        Some(bytes) => unsafe { mi_zalloc(bytes) },
        None => null_mut(),
    }
}

/// Makes tree-sitter use mimalloc.
///
/// Called once, from the initialiser of the grammar, through which every use of tree-sitter in this crate goes.
pub(super) fn install() {
    let allocator = Allocator { malloc: mi_malloc, calloc, realloc: mi_realloc, free: mi_free };
    // SAFETY: the four functions are mimalloc's, with C's contract and alignment. The lock around the grammar's
    // initialiser lets this run once and before any parser, tree or language object of this crate exists.
    unsafe { set_allocator(Some(allocator)) };
}
