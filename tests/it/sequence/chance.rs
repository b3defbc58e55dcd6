//! Chance from a seed (SplitMix64).

use serde_json::{Map, Value};

pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x2545_F491_4F6C_DD1D))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0, below a bound.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// True once in so many times.
    pub fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// One of some values.
    pub fn pick<'a, T>(&mut self, values: &'a [T]) -> &'a T {
        &values[usize::try_from(self.below(values.len() as u64)).unwrap()]
    }

    /// Some of the values in any order.
    pub fn some<T: Clone>(&mut self, values: &[T]) -> Vec<T> {
        let mut left = values.to_vec();
        let mut found = Vec::new();
        while !left.is_empty() {
            let place = usize::try_from(self.below(left.len() as u64)).unwrap();
            let one = left.remove(place);
            if self.once_in(2) {
                found.push(one);
            }
        }
        found
    }

    /// Sets a field about every second time, seldom to null.
    pub fn maybe(
        &mut self,
        map: &mut Map<String, Value>,
        name: &str,
        make: impl FnOnce(&mut Self) -> Value,
    ) {
        match self.below(40) {
            0..18 => {
                let value = make(self);
                map.insert(name.into(), value);
            }
            18 => {
                map.insert(name.into(), Value::Null);
            }
            _ => {}
        }
    }

    /// A map of texts.
    pub fn texts(&mut self, names: &[&str]) -> Value {
        let mut map = Map::new();
        for name in names {
            self.maybe(&mut map, name, |chance| {
                (*chance.pick(&["1", "2", ""])).into()
            });
        }
        Value::Object(map)
    }
}
