//! The same numbers in every run, on every machine: PCG XSH RR 64/32, which Rust's crates call `Lcg64Xsh32`.

pub(super) struct Random {
    state: u64,
    increment: u64,
}

impl Random {
    /// rust_serialization_benchmark starts from the first digits of pi.
    pub(super) fn new() -> Self {
        let increment = 5_897_932_384 << 1 | 1;
        let mut random = Self { state: 3_141_592_653_u64.wrapping_add(increment), increment };
        random.step();
        random
    }

    pub(super) fn u32(&mut self) -> u32 {
        let state = self.step();
        let folded = ((state >> 18 ^ state) >> 27) as u32;
        folded.rotate_right((state >> 59) as u32)
    }

    pub(super) fn u64(&mut self) -> u64 {
        u64::from(self.u32()) << 32 | u64::from(self.u32())
    }

    /// From 0 to `bound`, without it. The little bias does not matter here.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        ((u64::from(self.u32()) * bound as u64) >> 32) as usize
    }

    /// From `low` to `high`, without it.
    pub(super) fn within(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low) as usize) as i64
    }

    /// From 0 to 1.
    pub(super) fn f32(&mut self) -> f32 {
        (self.u32() >> 8) as f32 / (1 << 24) as f32
    }

    /// From 0 to 1.
    pub(super) fn f64(&mut self) -> f64 {
        (self.u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.f64() < probability
    }

    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    fn step(&mut self) -> u64 {
        let state = self.state;
        self.state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(self.increment);
        state
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_reference_implementation() {
        // `pcg32-demo` of pcg-c-basic seeds with state 42 and stream 54 and prints these first.
        let increment = 54 << 1 | 1;
        let mut random = Random { state: 42_u64.wrapping_add(increment), increment };
        random.step();
        let first: Vec<u32> = (0..6).map(|_| random.u32()).collect();
        assert_eq!(first, [0xa15c_02b7, 0x7b47_f409, 0xba1d_3330, 0x83d2_f293, 0xbfa4_784b, 0xcbed_606e]);
    }
}
