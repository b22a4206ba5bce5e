//! Plain values inside documents: lib0's `any` and JSON text.

use std::fmt;

use serde::{
    Deserializer,
    de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor},
};

use super::Refusal;
use crate::wire::lib0::Reader;

/// How deep lists and objects may nest. yrs decodes, compares, prints and drops them by recursion; people do not write
/// deeper ones by hand, and serde_json itself ends at 128.
pub const MAX_DEPTH: u32 = 64;

/// A kind and nothing else.
pub const SMALLEST_VALUE: usize = 1;
/// The length of an empty key, and a value.
const SMALLEST_ENTRY: usize = 1 + SMALLEST_VALUE;

const UNDEFINED: u8 = 127;
const NULL: u8 = 126;
const INTEGER: u8 = 125;
const FLOAT_32: u8 = 124;
const FLOAT_64: u8 = 123;
const BIG_INTEGER: u8 = 122;
const FALSE: u8 = 121;
const TRUE: u8 = 120;
const TEXT: u8 = 119;
const OBJECT: u8 = 118;
const LIST: u8 = 117;
const BINARY: u8 = 116;

/// Checks one value in lib0's `any` encoding.
pub fn check(reader: &mut Reader) -> Result<(), Refusal> {
    nested(reader, MAX_DEPTH)
}

fn nested(reader: &mut Reader, levels: u32) -> Result<(), Refusal> {
    match reader.byte()? {
        UNDEFINED | NULL | FALSE | TRUE => {}
        INTEGER => reader.skip_signed_integer()?,
        FLOAT_32 => {
            reader.take(4)?;
        }
        FLOAT_64 | BIG_INTEGER => {
            reader.take(8)?;
        }
        TEXT => {
            reader.text()?;
        }
        BINARY => {
            reader.bytes()?;
        }
        OBJECT => object(reader, levels)?,
        LIST => list(reader, levels)?,
        unknown => return Err(Refusal::UnknownValue(unknown)),
    }
    Ok(())
}

fn object(reader: &mut Reader, levels: u32) -> Result<(), Refusal> {
    let levels = levels.checked_sub(1).ok_or(Refusal::TooDeep)?;
    for _ in 0..reader.count(SMALLEST_ENTRY)? {
        reader.text()?;
        nested(reader, levels)?;
    }
    Ok(())
}

fn list(reader: &mut Reader, levels: u32) -> Result<(), Refusal> {
    let levels = levels.checked_sub(1).ok_or(Refusal::TooDeep)?;
    for _ in 0..reader.count(SMALLEST_VALUE)? {
        nested(reader, levels)?;
    }
    Ok(())
}

/// Checks one value written as JSON text.
pub fn json(text: &str) -> Result<(), Refusal> {
    let mut json = serde_json::Deserializer::from_str(text);
    let read = Json { levels: MAX_DEPTH }.deserialize(&mut json).and_then(|()| json.end());
    read.map_err(|error| Refusal::Json(error.to_string()))
}

/// Reads a JSON value and keeps nothing of it: the same numbers and texts are refused as when yrs reads it.
#[derive(Clone, Copy)]
struct Json {
    levels: u32,
}

impl Json {
    fn inside<E: Error>(self) -> Result<Self, E> {
        let levels = self.levels.checked_sub(1).ok_or_else(|| E::custom(Refusal::TooDeep))?;
        Ok(Self { levels })
    }
}

impl<'de> DeserializeSeed<'de> for Json {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Json {
    type Value = ();

    fn expecting(&self, to: &mut fmt::Formatter) -> fmt::Result {
        to.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        i64::try_from(number).map(|_| ()).map_err(|_| E::custom("an integer is over 63 bits"))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let inside = self.inside()?;
        while list.next_element_seed(inside)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let inside = self.inside()?;
        // A key is a text: reading it as a value checks it without keeping it.
        while object.next_key_seed(inside)?.is_some() {
            object.next_value_seed(inside)?;
        }
        Ok(())
    }
}
