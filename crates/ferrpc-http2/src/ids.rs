//! Which slot a stream id has: one multiplication and mostly one look.
//!
//! Knows nothing of what is in the slots.

use crate::error::StreamId;

/// Ids of live streams, open-addressed. What is taken out leaves no mark: those behind it move up, so that
/// looking does not become slower however many streams pass.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    /// At most half of them taken; a power of two of them, or none.
    places: Vec<Place>,
    len: usize,
}

/// Free with id 0, which no stream has.
#[derive(Clone, Copy, Debug)]
struct Place {
    id: StreamId,
    slot: u32,
}

const FREE: Place = Place { id: StreamId::ZERO, slot: 0 };

const PLACES_MIN: usize = 8;

impl Ids {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub(crate) fn find(&self, id: StreamId) -> Option<u32> {
        let place = self.places.get(self.search(id))?;
        (place.id == id && id != StreamId::ZERO).then_some(place.slot)
    }

    /// Adds an id that is not there.
    pub(crate) fn insert(&mut self, id: StreamId, slot: u32) {
        if 2 * (self.len + 1) > self.places.len() {
            self.grow();
        }
        let at = self.search(id);
        self.places[at] = Place { id, slot };
        self.len += 1;
    }

    pub(crate) fn remove(&mut self, id: StreamId) {
        let mut hole = self.search(id);
        if id == StreamId::ZERO || self.places.get(hole).is_none_or(|place| place.id != id) {
            return;
        }
        let mask = self.places.len() - 1;
        let mut at = hole;
        loop {
            at = (at + 1) & mask;
            let place = self.places[at];
            if place.id == StreamId::ZERO {
                break;
            }
            // It may not stand before where looking for it begins.
            let from_home = at.wrapping_sub(self.home(place.id)) & mask;
            if from_home >= at.wrapping_sub(hole) & mask {
                self.places[hole] = place;
                hole = at;
            }
        }
        self.places[hole] = FREE;
        self.len -= 1;
    }

    /// Where the id stands or would stand; nowhere in a table without places.
    #[inline]
    fn search(&self, id: StreamId) -> usize {
        let mask = self.places.len().wrapping_sub(1);
        let mut at = self.home(id);
        while let Some(place) = self.places.get(at)
            && place.id != id
            && place.id != StreamId::ZERO
        {
            at = (at + 1) & mask;
        }
        at
    }

    /// Ids come in runs of consecutive odd numbers, which a multiplication spreads evenly. A peer gains little by
    /// choosing ids that collide: it has at most the stream limit of them at once.
    #[inline]
    fn home(&self, id: StreamId) -> usize {
        /// 2³² over the golden ratio.
        const ODD: u32 = 0x9e37_79b9;
        let mixed = id.0.wrapping_mul(ODD);
        ((mixed ^ (mixed >> 16)) as usize) & self.places.len().wrapping_sub(1)
    }

    #[cold]
    fn grow(&mut self) {
        let places = vec![FREE; (2 * self.places.len()).max(PLACES_MIN)];
        for place in std::mem::replace(&mut self.places, places) {
            if place.id != StreamId::ZERO {
                let at = self.search(place.id);
                self.places[at] = place;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn ids_are_found_as_in_any_map_while_others_come_and_go() {
        let (mut ids, mut map) = (Ids::default(), HashMap::new());
        let mut seed = 1u32;
        for step in 0..20_000u32 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let id = StreamId(1 + 2 * ((seed >> 16) % 600));
            if let std::collections::hash_map::Entry::Vacant(entry) = map.entry(id.0) {
                entry.insert(step);
                ids.insert(id, step);
            } else if seed & 1 << 15 == 0 {
                map.remove(&id.0);
                ids.remove(id);
            }
            assert_eq!(ids.len(), map.len());
            assert_eq!(ids.find(id), map.get(&id.0).copied());
        }
        for id in 0..1300 {
            assert_eq!(ids.find(StreamId(id)), map.get(&id).copied().filter(|_| id != 0), "{id}");
        }
        assert!(ids.places.len() <= 4 * 600, "{}", ids.places.len());
    }

    #[test]
    fn a_run_of_streams_that_come_and_go_keeps_its_places() {
        let mut ids = Ids::default();
        for n in 0..100_000u32 {
            ids.insert(StreamId(2 * n + 1), n);
            if n >= 100 {
                ids.remove(StreamId(2 * (n - 100) + 1));
            }
        }
        assert_eq!((ids.len(), ids.places.len()), (100, 256));
        assert_eq!(ids.find(StreamId(2 * 99_999 + 1)), Some(99_999));
        assert_eq!(ids.find(StreamId(1)), None);
        ids.remove(StreamId(1));
        assert_eq!(ids.len(), 100);
    }
}
