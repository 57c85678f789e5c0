//! Numbers that nobody can guess by accident: for exchanges and waits, not for secrets.
//! The seed comes from outside, so that tests repeat themselves.

/// xorshift64* (Vigna, 2016).
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    /// 0 is no seed: it would stay 0.
    pub fn new(seed: u64) -> Self {
        Random(if seed == 0 {
            0x9e37_79b9_7f4a_7c15
        } else {
            seed
        })
    }

    pub fn draw(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }
}
