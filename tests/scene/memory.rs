//! What a thread asks of the allocator.
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// What this thread holds, and how often it has asked for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// Octets; of what comes from another thread it may be less than none.
    pub held: isize,
    pub asked: usize,
}

thread_local! {
    static MEMORY: Cell<Memory> = const { Cell::new(Memory { held: 0, asked: 0 }) };
}

impl Memory {
    pub fn now() -> Memory {
        MEMORY.get()
    }

    fn count(octets: isize, asked: usize) {
        let Memory {
            held,
            asked: before,
        } = MEMORY.get();
        MEMORY.set(Memory {
            held: held + octets,
            asked: before + asked,
        });
    }
}

/// The system's allocator, with every call counted.
struct Counting;

// SAFETY: every call is handed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Memory::count(layout.size().cast_signed(), 1);
        // SAFETY: as above.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        Memory::count(-layout.size().cast_signed(), 0);
        // SAFETY: as above.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;
