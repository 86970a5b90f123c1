//! As much of the wire format as making data takes. It is no codec under test, so that none makes the data.

/// Octets of a message, its fields appended one by one. What has proto3's default value is left out.
#[derive(Default)]
pub(crate) struct Wire(pub(crate) Vec<u8>);

impl Wire {
    pub(crate) fn uint(&mut self, number: u32, value: u64) {
        if value != 0 {
            self.tag(number, 0);
            self.varint(value);
        }
    }

    /// `int32` and `int64`.
    pub(crate) fn int(&mut self, number: u32, value: i64) {
        self.uint(number, value as u64);
    }

    pub(crate) fn bool(&mut self, number: u32, value: bool) {
        self.uint(number, u64::from(value));
    }

    pub(crate) fn float(&mut self, number: u32, value: f32) {
        if value != 0.0 {
            self.tag(number, 5);
            self.0.extend_from_slice(&value.to_le_bytes());
        }
    }

    pub(crate) fn double(&mut self, number: u32, value: f64) {
        if value != 0.0 {
            self.tag(number, 1);
            self.0.extend_from_slice(&value.to_le_bytes());
        }
    }

    /// A field with presence or of a list: written even if empty.
    pub(crate) fn bytes(&mut self, number: u32, value: impl AsRef<[u8]>) {
        let value = value.as_ref();
        self.tag(number, 2);
        self.varint(value.len() as u64);
        self.0.extend_from_slice(value);
    }

    pub(crate) fn message(&mut self, number: u32, fill: impl FnOnce(&mut Self)) {
        let mut inner = Self::default();
        fill(&mut inner);
        self.bytes(number, inner.0);
    }

    /// A packed list.
    pub(crate) fn packed(&mut self, number: u32, values: impl IntoIterator<Item = u64>) {
        let mut inner = Self::default();
        values.into_iter().for_each(|value| inner.varint(value));
        if !inner.0.is_empty() {
            self.bytes(number, inner.0);
        }
    }

    pub(crate) fn tag(&mut self, number: u32, kind: u32) {
        self.varint(u64::from(number << 3 | kind));
    }

    pub(crate) fn varint(&mut self, mut value: u64) {
        while value >= 128 {
            self.0.push(value as u8 | 128);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
}

/// The fields of a message, each with its tag, and groups with both of theirs.
pub(crate) fn fields(mut message: &[u8]) -> Vec<&[u8]> {
    let mut fields = Vec::new();
    while !message.is_empty() {
        let (field, rest) = message.split_at(record(message));
        fields.push(field);
        message = rest;
    }
    fields
}

/// Octets of the first field of a message.
fn record(message: &[u8]) -> usize {
    let (tag, used) = varint(message);
    let value = &message[used..];
    used + match tag & 7 {
        0 => varint(value).1,
        1 => 8,
        2 => {
            let (len, used) = varint(value);
            used + len
        }
        3 => {
            let mut at = 0;
            while varint(&value[at..]).0 & 7 != 4 {
                at += record(&value[at..]);
            }
            at + varint(&value[at..]).1
        }
        _ => 4,
    }
}

/// A varint and how many octets it takes.
pub(crate) fn varint(octets: &[u8]) -> (usize, usize) {
    let len = octets.iter().take_while(|&&octet| octet >= 128).count() + 1;
    let value = octets[..len].iter().rev().fold(0_u64, |value, &octet| value << 7 | u64::from(octet & 127));
    (value as usize, len)
}
