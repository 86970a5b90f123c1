//! All targets for some seconds, the same way every time.

use ferrpc_fuzz::{TARGETS, Target, seeds};

/// A small generator with a seed, so that a failure can be had again.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        // xorshift64*
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end.max(1) as u64).unwrap_or(0)
    }
}

fn damage(seed: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len() + 1);
        let byte = random.next().to_le_bytes()[0];
        match random.below(8) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, byte),
            2 | 3 if at < bytes.len() => bytes[at] = byte,
            4 if at < bytes.len() => bytes[at] ^= 1 << (byte & 7),
            5 if at < bytes.len() => drop(bytes.remove(at)),
            6 => {
                let from = random.below(other.len());
                let to = from + random.below((other.len() - from).min(60));
                bytes.splice(at..at, other[from..to].iter().copied());
            }
            _ => {
                let end = (at + random.below(20)).min(bytes.len());
                bytes.drain(at..end);
            }
        }
    }
    bytes
}

fn run(target: &str, rounds: usize) {
    let all = seeds(target);
    let (_, function): (_, Target) =
        *TARGETS.iter().find(|(name, _)| *name == target).expect("one of the targets");
    all.iter().for_each(|seed| function(seed));
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    for _ in 0..rounds {
        let (seed, other) = (&all[random.below(all.len())], &all[random.below(all.len())]);
        let input = damage(seed, other, &mut random);
        function(&input);
    }
}

#[test]
fn no_text_does_harm_to_the_compiler() {
    run("compiler", 3000);
}

#[test]
fn all_decoders_and_encoders_agree_about_any_bytes() {
    run("codec", 100_000);
}

#[test]
fn no_header_block_takes_more_memory_than_its_limit_or_means_two_things() {
    run("hpack", 100_000);
}

#[test]
fn no_frames_do_harm_to_an_engine_in_either_role() {
    run("frames", 30_000);
}

#[test]
fn no_way_of_cutting_a_stream_changes_its_messages() {
    run("envelope", 100_000);
}

#[test]
fn no_operations_make_two_engines_disagree() {
    run("pair", 6000);
}
