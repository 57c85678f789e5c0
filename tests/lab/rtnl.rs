//! The kernel's rtnl lock, held for as long as a test likes.
//!
//! `SIOCGIFCONF` writes its answer into the caller's memory under that lock
//! (`dev_ifconf()` in net/core/dev_ioctl.c). Here that memory is a page which nobody fills in
//! (userfaultfd(2)), so that the kernel waits in the midst of it, as for a driver that hangs.
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::thread::JoinHandle;

/// include/uapi/linux/userfaultfd.h.
const UFFD_API: u64 = 0xaa;
const UFFDIO_API: u64 = 0xc018_aa3f;
const UFFDIO_REGISTER: u64 = 0xc020_aa00;
const UFFDIO_ZEROPAGE: u64 = 0xc020_aa04;
const MODE_MISSING: u64 = 1;
const SIOCGIFCONF: u64 = 0x8912;
const PAGE: usize = 4096;

/// `struct ifconf`, with its padding.
#[repr(C)]
struct Request {
    length: i32,
    buffer: *mut libc::c_void,
}

pub struct Rtnl {
    faults: OwnedFd,
    page: usize,
    waits: Option<JoinHandle<()>>,
}

impl Rtnl {
    /// Takes the lock, and waits until it is held.
    pub fn hold() -> Rtnl {
        let up = std::process::Command::new("ip")
            .args(["link", "set", "lo", "up"])
            .status();
        assert!(up.is_ok_and(|s| s.success()), "lo has an address to tell");
        // SAFETY: a number; the kernel gives a descriptor of ours.
        let faults = unsafe {
            let fd = libc::syscall(libc::SYS_userfaultfd, libc::O_CLOEXEC);
            assert!(fd >= 0, "userfaultfd: {}", std::io::Error::last_os_error());
            OwnedFd::from_raw_fd(fd as i32)
        };
        // SAFETY: a fresh mapping.
        let page = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                PAGE,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        assert_ne!(page, libc::MAP_FAILED, "a page");
        let page = page as usize;
        control(&faults, UFFDIO_API, &mut [UFFD_API, 0, 0]);
        let mut register = [page as u64, PAGE as u64, MODE_MISSING, 0];
        control(&faults, UFFDIO_REGISTER, &mut register);
        let waits = std::thread::spawn(move || {
            let mut request = Request {
                length: PAGE as i32,
                buffer: page as *mut libc::c_void,
            };
            let socket = std::net::UdpSocket::bind("0.0.0.0:0").expect("a socket");
            // SAFETY: the structure and its page live until the call returns.
            unsafe { libc::ioctl(socket.as_raw_fd(), SIOCGIFCONF as _, &mut request) };
        });
        let mut wanted = libc::pollfd {
            fd: faults.as_raw_fd(),
            events: libc::POLLIN,
            revents: 0,
        };
        // SAFETY: one descriptor of ours.
        let came = unsafe { libc::poll(&mut wanted, 1, 10_000) };
        assert_eq!(came, 1, "the kernel never touched the page");
        Rtnl {
            faults,
            page,
            waits: Some(waits),
        }
    }
}

impl Drop for Rtnl {
    fn drop(&mut self) {
        let mut zero = [self.page as u64, PAGE as u64, 0, 0];
        control(&self.faults, UFFDIO_ZEROPAGE, &mut zero);
        if let Some(waits) = self.waits.take() {
            let _ = waits.join();
        }
    }
}

fn control<const N: usize>(fd: &OwnedFd, request: u64, data: &mut [u64; N]) {
    // SAFETY: as large as the structure that the request names.
    let done = unsafe { libc::ioctl(fd.as_raw_fd(), request as _, data.as_mut_ptr()) };
    if done < 0 {
        eprintln!("userfaultfd: {}", std::io::Error::last_os_error());
    }
}
