//! The two other implementations: httlib-hpack in this process, PyPI's hpack at the end of a pipe.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use ferrpc_http2::Headers;

use crate::Result;
use crate::stories::octets;

/// Both sides of another's header compression.
pub(crate) trait Foreign {
    fn name(&self) -> &'static str;
    /// Both sides begin anew.
    fn begin(&mut self) -> Result<()>;
    /// The table that either side may have from the next block on, in octets.
    fn set_table(&mut self, bytes: usize) -> Result<()>;
    fn decode(&mut self, block: &[u8]) -> Result<Headers>;
    fn encode(&mut self, list: &Headers) -> Result<Vec<u8>>;
}

pub(crate) struct Httlib {
    encoder: httlib_hpack::Encoder<'static>,
    decoder: httlib_hpack::Decoder<'static>,
    /// The table changed since the last block.
    table: Option<u32>,
}

impl Httlib {
    pub(crate) fn new() -> Self {
        Self { encoder: Default::default(), decoder: Default::default(), table: None }
    }
}

impl Foreign for Httlib {
    fn name(&self) -> &'static str {
        "httlib-hpack 0.1.3"
    }

    fn begin(&mut self) -> Result<()> {
        *self = Self::new();
        Ok(())
    }

    fn set_table(&mut self, bytes: usize) -> Result<()> {
        let bytes = u32::try_from(bytes).map_err(|error| error.to_string())?;
        self.decoder.set_max_dynamic_size(bytes);
        self.table = Some(bytes);
        Ok(())
    }

    fn decode(&mut self, block: &[u8]) -> Result<Headers> {
        let mut fields = Vec::new();
        self.decoder.decode(&mut block.to_vec(), &mut fields).map_err(|error| format!("{error:?}"))?;
        let mut list = Headers::new();
        for (name, value, _) in fields {
            list.push(&name, &value);
        }
        Ok(list)
    }

    fn encode(&mut self, list: &Headers) -> Result<Vec<u8>> {
        use httlib_hpack::Encoder;
        let failed = |error| format!("{error:?}");
        let mut block = Vec::new();
        if let Some(table) = self.table.take() {
            self.encoder.update_max_dynamic_size(table, &mut block).map_err(failed)?;
        }
        for (i, (name, value)) in list.iter().enumerate() {
            // Each of its ways has its turn.
            let huffman = if i % 3 == 0 { 0 } else { Encoder::HUFFMAN_NAME | Encoder::HUFFMAN_VALUE };
            let kind = match i % 5 {
                0 => Encoder::NEVER_INDEXED,
                1 => 0,
                _ => Encoder::WITH_INDEXING,
            };
            let flags = huffman | kind | if i % 2 == 0 { Encoder::BEST_FORMAT } else { 0 };
            self.encoder.encode((name.to_vec(), value.to_vec(), flags), &mut block).map_err(failed)?;
        }
        Ok(block)
    }
}

pub(crate) struct Python {
    child: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Python {
    pub(crate) fn start(python: &str) -> Result<Self> {
        let mut command = Command::new(python);
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/peer.py"));
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|error| format!("{python}: {error}"))?;
        let (Some(commands), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("no pipes".into());
        };
        Ok(Self { child, commands, answers: BufReader::new(answers) })
    }

    fn ask(&mut self, command: &str) -> Result<String> {
        let failed = |error| format!("peer.py: {error}");
        writeln!(self.commands, "{command}").map_err(failed)?;
        let mut answer = String::new();
        if self.answers.read_line(&mut answer).map_err(failed)? == 0 {
            return Err("peer.py ended; what it said is above".into());
        }
        Ok(answer.trim_end().into())
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Foreign for Python {
    fn name(&self) -> &'static str {
        "PyPI's hpack"
    }

    fn begin(&mut self) -> Result<()> {
        self.ask("new").map(drop)
    }

    fn set_table(&mut self, bytes: usize) -> Result<()> {
        self.ask(&format!("table {bytes}")).map(drop)
    }

    fn decode(&mut self, block: &[u8]) -> Result<Headers> {
        let answer = self.ask(&format!("decode {}", digits(block)))?;
        let mut list = Headers::new();
        for field in answer.split(',') {
            let (name, value) = field.split_once(':').ok_or("peer.py wrote no field")?;
            list.push(&octets(name).ok_or("no octets")?, &octets(value).ok_or("no octets")?);
        }
        Ok(list)
    }

    fn encode(&mut self, list: &Headers) -> Result<Vec<u8>> {
        let field = |(name, value): (&[u8], &[u8])| format!("{}:{}", digits(name), digits(value));
        let fields = list.iter().map(field).collect::<Vec<_>>().join(",");
        octets(&self.ask(&format!("encode {fields}"))?).ok_or_else(|| "no octets".into())
    }
}

fn digits(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}
