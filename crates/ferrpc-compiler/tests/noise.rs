//! Damaged files: whatever comes in, the compiler ends, does not panic, and says something if it refuses.

use ferrpc_compiler::Compiler;

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

fn corpus() -> Vec<(String, String)> {
    let mut files = Vec::new();
    for topic in std::fs::read_dir("testdata").expect("tests run in the directory of the package") {
        let Ok(entries) = std::fs::read_dir(topic.expect("readable").path()) else { continue };
        for entry in entries {
            let path = entry.expect("readable").path();
            if path.extension().is_some_and(|it| it == "proto") {
                let text = std::fs::read_to_string(&path).expect("is text");
                files.push((path.file_name().expect("has a name").to_string_lossy().into_owned(), text));
            }
        }
    }
    files.sort();
    assert!(files.len() > 200);
    files
}

/// Compiles a text on its own; most of its imports lead nowhere.
fn compile(text: &str) {
    let result =
        Compiler::new().include("testdata/valid").source("noise.proto", text).compile(&["noise.proto"]);
    if let Err(report) = result {
        assert!(report.errors() > 0);
        assert!(report.render(true).contains("error"));
    }
}

fn damage(text: &str, other: &str, random: &mut Random) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..=random.below(3) {
        let at = random.below(bytes.len() + 1);
        match random.below(7) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, random.next().to_le_bytes()[0]),
            2 if at < bytes.len() => bytes[at] = random.next().to_le_bytes()[0],
            3 if at < bytes.len() => {
                bytes.remove(at);
            }
            4 => {
                const SIGNS: &[u8] = b"{}[]()<>;=,.\"'-/*\\0_ \n";
                bytes.insert(at, SIGNS[random.below(SIGNS.len())]);
            }
            // A piece of the file again somewhere else.
            5 => {
                let from = random.below(bytes.len());
                let to = (from + random.below(60)).min(bytes.len());
                let piece = bytes[from.min(to)..to].to_vec();
                bytes.splice(at..at, piece);
            }
            // A piece of another file.
            _ => {
                let from = random.below(other.len());
                let to = (from + random.below(60)).min(other.len());
                bytes.splice(at..at, other.as_bytes()[from.min(to)..to].to_vec());
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Any file, but seldom one with options: those take ten times as long, for all of descriptor.proto.
fn pick<'a>(corpus: &'a [(String, String)], random: &mut Random) -> &'a (String, String) {
    loop {
        let it = &corpus[random.below(corpus.len())];
        let slow = it.1.contains('[') || it.1.contains("option ") || it.1.contains("descriptor.proto");
        if !slow || random.below(8) == 0 {
            return it;
        }
    }
}

#[test]
fn damaged_files_never_panic_and_always_end() {
    let corpus = corpus();
    let mut random = Random(0x5EED_0FFE_8800);
    // Optimised builds have time for more.
    let rounds = if cfg!(debug_assertions) { 4_000 } else { 20_000 };
    for _ in 0..rounds {
        let (name, text) = pick(&corpus, &mut random);
        let (_, other) = &corpus[random.below(corpus.len())];
        let seed = random.0;
        let text = damage(text, other, &mut random);
        let caught = std::panic::catch_unwind(|| compile(&text));
        assert!(caught.is_ok(), "{name} from seed {seed:#x}:\n{text}");
    }
}

#[test]
fn files_cut_anywhere_never_panic() {
    let text = std::fs::read_to_string("testdata/valid/proto2_and_options.proto").expect("is there");
    // Every seventh place, which meets each kind of token at each of its characters.
    for end in (0..text.len()).step_by(7).filter(|&end| text.is_char_boundary(end)) {
        compile(&text[..end]);
    }
}

#[test]
fn deep_nesting_of_anything_takes_no_stack() {
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(100_000), close.repeat(100_000));
    for text in [
        deep("message M {", "}"),
        deep("{", "}"),
        deep("message M { optional group G = 1 {", "}}"),
        format!("option (a) = {};", deep("{ a ", "}")),
        format!("option (a) = {{ a: {} }};", deep("[", "]")),
        format!("option (a) = {};", deep("{ a: [", "]}")),
        format!("option (a) = {{ a {} }};", deep("< a ", ">")),
        "(".repeat(100_000),
        format!("message M {{ {}x = 1; }}", "a.".repeat(100_000)),
        format!("option {}x = 1;", "a.".repeat(100_000)),
    ] {
        compile(&text);
    }
}
