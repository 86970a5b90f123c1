//! "Did you mean": the nearest of some names.

use crate::report::Sink;

/// Whether the next error is still worth advice that takes a look at everything.
pub(crate) fn wanted(sink: &Sink) -> bool {
    sink.errors() < ERRORS_MAX
}

/// The candidate nearest to `name`, if it is near enough to be a slip of the keyboard.
///
/// `sink`: where the error goes. One error of many gets no advice, since each look goes over all candidates.
pub(crate) fn nearest<'a>(
    name: &str,
    sink: &Sink,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    if !wanted(sink) || name.len() > NAME_MAX {
        return None;
    }
    // A third of the letters may be wrong: more is another word.
    let most = (name.len() / 3).max(1);
    candidates
        .into_iter()
        .take(CANDIDATES_MAX)
        .filter(|it| it.len().abs_diff(name.len()) <= most && *it != name)
        .map(|it| (distance(name, it), it))
        .filter(|&(distance, it)| distance <= most && distance < it.len())
        // The first of the nearest by name, whatever order they come in.
        .min()
        .map(|(_, it)| it)
}

/// Edits between two names: letters inserted, removed, replaced or swapped with their neighbour; a letter
/// in another case counts as none of them but breaks no tie.
fn distance(a: &str, b: &str) -> usize {
    let a = a.to_ascii_lowercase().into_bytes();
    let b = b.to_ascii_lowercase().into_bytes();
    let mut before_last = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 0..a.len() {
        let mut row = vec![i + 1; b.len() + 1];
        for j in 0..b.len() {
            let replaced = last[j] + usize::from(a[i] != b[j]);
            row[j + 1] = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] {
                row[j + 1] = row[j + 1].min(before_last[j - 1] + 1);
            }
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

/// Errors after which nobody reads advice any more.
const ERRORS_MAX: usize = 100;

/// Candidates looked at for one name.
const CANDIDATES_MAX: usize = 20_000;

/// Longest name that is compared with others, in bytes: comparing two takes the product of their lengths.
const NAME_MAX: usize = 200;

#[cfg(test)]
mod tests {
    use crate::report::Sink;

    fn nearest<'a>(name: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
        super::nearest(name, &Sink::default(), words)
    }

    #[test]
    fn slips_are_found_and_other_words_are_not() {
        let words = ["string", "int32", "UserRequest", "x"];
        assert_eq!(nearest("sting", words), Some("string"));
        assert_eq!(nearest("UserReqeust", words), Some("UserRequest"));
        assert_eq!(nearest("userrequest", words), Some("UserRequest"));
        assert_eq!(nearest("int", words), None);
        assert_eq!(nearest("Address", words), None);
        assert_eq!(nearest("y", words), None);
    }
}
