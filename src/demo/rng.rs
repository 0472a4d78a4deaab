//! A small seeded generator of pseudo-random numbers.
//!
//! It is ours, so that the demo data of a given scale and day never changes
//! because a dependency changed its algorithm. SplitMix64: fast, well mixed,
//! and of no use for anything that must not be guessed.

/// A stream of numbers that depends on its seed only.
#[derive(Clone, Debug)]
pub(crate) struct Rng {
    state: u64,
}

impl Rng {
    /// A stream of its own for one subject of one tenant, so that a change in
    /// one generator does not shift what all the others produce.
    pub(crate) fn for_subject(tenant: usize, subject: &str) -> Self {
        let mut state = 0x4d6f_7374_7261_646f ^ mix(tenant as u64 + 1);
        for byte in subject.bytes() {
            state = mix(state ^ u64::from(byte));
        }
        Self { state }
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.state)
    }

    /// A number in `0..bound`; 0 when the bound is 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.next()) * bound as u128) >> 64) as usize
    }

    /// A number in `low..=high`.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low + 1).max(1) as usize) as i64
    }

    /// True in `percent` of 100 cases.
    pub(crate) fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < percent as usize
    }

    /// A number in `0.0..1.0`.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// One element, all equally likely. The slice must not be empty.
    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        *self.choose(from)
    }

    /// A reference to one element, all equally likely. The slice must not be empty.
    pub(crate) fn choose<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// One element, each as likely as its weight says. The slice must not be empty.
    pub(crate) fn weighted<T: Copy>(&mut self, from: &[(u32, T)]) -> T {
        *self.choose_weighted(from)
    }

    /// A reference to one element, each as likely as its weight says. The slice must not be empty.
    pub(crate) fn choose_weighted<'a, T>(&mut self, from: &'a [(u32, T)]) -> &'a T {
        let total: usize = from.iter().map(|(weight, _)| *weight as usize).sum();
        let mut left = self.below(total);
        for (weight, value) in from {
            if left < *weight as usize {
                return value;
            }
            left -= *weight as usize;
        }
        &from[from.len() - 1].1
    }

    /// Puts the elements in a random order.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

/// The finalizer of SplitMix64: every input bit changes half of the output bits.
pub(crate) fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}
