//! Pseudo-random numbers, for transaction ids and jitter, not for secrets. The seed comes from
//! outside, so that tests are reproducible.

use super::time::Millis;

/// xorshift64* (Vigna, 2016).
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    /// A seed of 0, at which the generator would stay, is replaced.
    pub fn new(seed: u64) -> Self {
        Random(if seed == 0 {
            0x9e37_79b9_7f4a_7c15
        } else {
            seed
        })
    }

    /// A span that is shorter than this one; zero for a span of zero.
    pub fn below(&mut self, span: Millis) -> Millis {
        Millis(self.draw() % span.0.max(1))
    }

    /// The next number, of 48 bits: the upper ones, which pass more tests.
    pub fn draw(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }
}
