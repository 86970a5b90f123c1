//! The metadata that calls carry beside what gRPC itself sends.

/// Which of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Fields {
    /// None.
    #[default]
    None,
    /// One, whose value is another for each call.
    One,
    /// Six: a token of 800 octets, a fresh traceparent, four that stay the same.
    Six,
}

impl Fields {
    /// Those of the call with this number.
    pub fn each(self, number: u64, mut put: impl FnMut(&'static str, &str)) {
        match self {
            Self::None => {}
            Self::One => put("x-request-id", &format!("{:016x}", mixed(number))),
            Self::Six => {
                let (trace, span) = (mixed(number), mixed(!number));
                put("authorization", TOKEN);
                put("traceparent", &format!("00-{trace:016x}{span:016x}-{span:016x}-01"));
                put("x-tenant-id", "tenant-0042");
                put("x-api-version", "2026-11-01");
                put("x-client-region", "eu-central-1");
                put("baggage", "plan=standard,tier=2");
            }
        }
    }
}

/// Numbers next to each other become ones that have nothing in common.
const fn mixed(number: u64) -> u64 {
    // The finisher of splitmix64.
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

const TOKEN: &str = {
    // "Bearer " and letters, 800 octets.
    const OCTETS: [u8; 800] = {
        let mut octets = [0; 800];
        let (mut at, start) = (0, b"Bearer ");
        while at < 800 {
            let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
            octets[at] = if at < start.len() { start[at] } else { letters[(mixed(at as u64) % 64) as usize] };
            at += 1;
        }
        octets
    };
    match std::str::from_utf8(&OCTETS) {
        Ok(token) => token,
        Err(_) => "",
    }
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_fields_have_a_long_token_and_a_trace_of_their_own() {
        let of = |number| {
            let mut fields = Vec::new();
            Fields::Six.each(number, |name, value| fields.push((name, value.to_owned())));
            fields
        };
        let (first, second) = (of(1), of(2));
        assert_eq!(first.len(), 6);
        assert_eq!(first[0].1.len(), 800);
        assert_eq!(first[1].1.len(), 55);
        let differing = first.iter().zip(&second).filter(|(first, second)| first != second);
        assert_eq!(differing.map(|(first, _)| first.0).collect::<Vec<_>>(), ["traceparent"]);
    }
}
