//! Numbers for the shared types of a document and for the keys in them, so that a place takes eight bytes.

use std::collections::HashMap;

use super::super::blocks::Id;

/// The types and keys of a document.
#[derive(Debug, Default)]
pub struct Names {
    roots: HashMap<Box<str>, u32>,
    nested: HashMap<Id, u32>,
    keys: HashMap<Box<str>, u32>,
    /// By number of the type: in how many others it lies.
    depths: Vec<u32>,
}

/// A moment to return to.
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    types: u32,
    keys: u32,
}

impl Names {
    /// The number of a root type.
    pub fn root(&mut self, name: &str) -> u32 {
        if let Some(number) = self.roots.get(name) {
            return *number;
        }
        let number = self.new_type(0);
        self.roots.insert(name.into(), number);
        number
    }

    /// The number of the type that an item made, if it made one.
    pub fn nested(&self, item: Id) -> Option<u32> {
        self.nested.get(&item).copied()
    }

    /// Gives a number to the type that an item made, and notes in how many others it lies.
    pub fn nest(&mut self, item: Id, depth: u32) {
        let number = self.new_type(depth);
        self.nested.insert(item, number);
    }

    /// In how many types the type of this number lies.
    pub fn depth(&self, number: u32) -> u32 {
        self.depths.get(number as usize).copied().unwrap_or(0)
    }

    /// The number of a key; no key is 0.
    pub fn key(&mut self, key: Option<&str>) -> u32 {
        let Some(key) = key else { return 0 };
        if let Some(number) = self.keys.get(key) {
            return *number;
        }
        let number = self.keys.len() as u32 + 1;
        self.keys.insert(key.into(), number);
        number
    }

    /// Gives up memory that only growing needed.
    pub fn shrink(&mut self) {
        self.roots.shrink_to_fit();
        self.nested.shrink_to_fit();
        self.keys.shrink_to_fit();
        self.depths.shrink_to_fit();
    }

    pub fn mark(&self) -> Mark {
        Mark { types: self.depths.len() as u32, keys: self.keys.len() as u32 }
    }

    /// Forgets what got its number since the mark.
    pub fn return_to(&mut self, mark: Mark) {
        if self.depths.len() as u32 > mark.types {
            self.depths.truncate(mark.types as usize);
            self.roots.retain(|_, number| *number < mark.types);
            self.nested.retain(|_, number| *number < mark.types);
        }
        if self.keys.len() as u32 > mark.keys {
            self.keys.retain(|_, number| *number <= mark.keys);
        }
    }

    fn new_type(&mut self, depth: u32) -> u32 {
        self.depths.push(depth);
        self.depths.len() as u32 - 1
    }
}

#[cfg(test)]
impl Names {
    /// A spot in words, which are the same in every index.
    pub fn describe(&self, spot: super::Spot) -> String {
        let root = self.roots.iter().find(|(_, number)| **number == spot.parent).map(|(name, _)| name);
        let item = self.nested.iter().find(|(_, number)| **number == spot.parent).map(|(item, _)| item);
        let key = self.keys.iter().find(|(_, number)| **number == spot.key).map(|(key, _)| key);
        format!("{root:?} {item:?} {key:?}")
    }
}
