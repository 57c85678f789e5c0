//! Leaves the unwinder and the reader of call traces out of the finished program; and `printf`.
//!
//! Rust's standard library can unwind the stack and print a call trace when a program panics.
//! The finished program ends at a panic (`panic = "abort"`) and has no tables to read the stack
//! by (cross/link.rs), so nothing of that can happen in it; but the code for it, with a reader
//! of debug information, takes some 150 KiB. The library reaches that code through the
//! platform's unwinder alone. With these functions in its place the linker leaves the rest
//! out. The message of a panic and its place in the source are printed as before.
//!
//! Names, arguments and results are those of the Itanium C++ ABI: Exception Handling, part 1.
use core::ffi::{c_char, c_int, c_void};

/// `_URC_END_OF_STACK`.
const END_OF_STACK: c_int = 5;

/// The answer where a program has no tables: no frame is reported.
// SAFETY: The name and the signature are those that the standard library declares.
#[unsafe(no_mangle)]
extern "C" fn _Unwind_Backtrace(_report: *const c_void, _context: *mut c_void) -> c_int {
    END_OF_STACK
}

/// Functions that only a handler of an exception, or a receiver of frames, calls. There is
/// neither: nothing raises an exception, and no frame is reported.
macro_rules! never_called {
    ($($name:ident)*) => {$(
        // SAFETY: The name is the unwinder's. Nothing calls it, for the reason above; a call
        // would end the program, whatever the arguments are.
        #[unsafe(no_mangle)]
        extern "C" fn $name() -> ! {
            std::process::abort()
        }
    )*};
}

never_called! {
    _Unwind_GetDataRelBase _Unwind_GetIP _Unwind_GetIPInfo _Unwind_GetLanguageSpecificData
    _Unwind_GetRegionStart _Unwind_GetTextRelBase _Unwind_Resume _Unwind_SetGR _Unwind_SetIP
}

/// The standard library names a thread by this where it was given a name, and ours are not. The C
/// library's writes a path with `snprintf`, which nothing else does: some 12 KiB, floating-point numbers
/// included.
// SAFETY: The name and the signature are those that the standard library declares. The arguments are
// not used.
#[unsafe(no_mangle)]
extern "C" fn pthread_setname_np(_thread: *mut c_void, _name: *const c_char) -> c_int {
    libc::ENOSYS
}
