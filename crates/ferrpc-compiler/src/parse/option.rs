//! Options and their values, from a word to nested braces.

use std::borrow::Cow;

use super::{Failed, Parsed, Parser, step, tag};
use crate::ast::{NamePart, OptionDecl, Scalar, Sign, Value, ValueField, ValueFieldName, ValueKind};
use crate::lex::Kind;
use crate::limits::VALUE_DEPTH_MAX;
use crate::literal;
use crate::report::Diagnostic;

impl<'s> Parser<'s, '_> {
    /// `option name = value;`. `tail` leads from the declaration's path to its options.
    pub(super) fn option_statement(&mut self, options: &mut Vec<OptionDecl<'s>>, tail: &[i32]) -> Parsed<()> {
        let group = self.open(tail);
        let place = self.open_option(options.len(), tail);
        self.next();
        let (name, value) = self.assignment()?;
        options.push(OptionDecl { name, value, place });
        self.semicolon(place)?;
        self.close(group);
        Ok(())
    }

    /// `[name = value, …]`
    pub(super) fn bracketed_options(
        &mut self,
        options: &mut Vec<OptionDecl<'s>>,
        tail: &[i32],
    ) -> Parsed<()> {
        let place = self.open(tail);
        self.next();
        loop {
            self.option(options, tail)?;
            if !self.take(b',') {
                break;
            }
        }
        self.expect(b']', "at the end of the options")?;
        self.close(place);
        Ok(())
    }

    /// `name = value`
    pub(super) fn option(&mut self, options: &mut Vec<OptionDecl<'s>>, tail: &[i32]) -> Parsed<()> {
        let place = self.open_option(options.len(), tail);
        let (name, value) = self.assignment()?;
        options.push(OptionDecl { name, value, place });
        self.close(place);
        Ok(())
    }

    fn open_option(&mut self, nth: usize, tail: &[i32]) -> crate::info::Place {
        let start = self.peek().start;
        self.path.extend_from_slice(tail);
        let place = self.locations.open(&self.path, &[tag::UNINTERPRETED_OPTION, step(nth)], start);
        self.path.truncate(self.path.len() - tail.len());
        place
    }

    fn assignment(&mut self) -> Parsed<(Vec<NamePart<'s>>, Value<'s>)> {
        let mut name = vec![self.name_part()?];
        while self.take(b'.') {
            name.push(self.name_part()?);
        }
        self.expect(b'=', "and the value of the option")?;
        let depth = name.len() - 1;
        if depth > VALUE_DEPTH_MAX {
            let it = Diagnostic::error(format!("this name has more than {VALUE_DEPTH_MAX} parts"));
            self.report(it.at(name[0].span.to(name[depth].span), "leads too deep"));
            return Err(Failed);
        }
        let start = self.here();
        let kind = if self.is(b'{') {
            let open = self.at;
            let Ok(message) = self.value_message(depth) else {
                self.skip_braces(open);
                return Err(Failed);
            };
            ValueKind::Message(message)
        } else {
            ValueKind::Scalar(self.scalar("the value of the option")?)
        };
        Ok((name, Value { kind, span: start.to(self.before()) }))
    }

    /// Goes on behind the braces that open there, if they are closed again within so many tokens.
    fn skip_braces(&mut self, open: usize) {
        let mut depth = 0_usize;
        for at in open..self.tokens.len().min(open + BRACES_MAX) {
            match self.tokens[at].kind {
                Kind::Punct(b'{') => depth += 1,
                Kind::Punct(b'}') => depth -= 1,
                _ => continue,
            }
            if depth == 0 {
                self.at = self.at.max(at + 1);
                return;
            }
        }
    }

    fn name_part(&mut self) -> Parsed<NamePart<'s>> {
        let start = self.here();
        if !self.take(b'(') {
            let it = self.ident("the name of an option")?;
            return Ok(NamePart { text: it.text, is_extension: false, span: it.span });
        }
        let path = self.path_name("the name of an extension")?;
        self.expect(b')', "after the name of an extension")?;
        Ok(NamePart { text: path.text, is_extension: true, span: start.to(self.before()) })
    }

    /// A value that is no message and no list.
    pub(super) fn scalar(&mut self, what: &str) -> Parsed<Scalar<'s>> {
        let start = self.here();
        let minus = self.take(b'-');
        let token = self.peek();
        match token.kind {
            Kind::Ident if minus => {
                self.next();
                let word = self.text_of(token);
                if !matches!(word.to_ascii_lowercase().as_str(), "inf" | "infinity" | "nan") {
                    let it = Diagnostic::error(format!("`-{word}` is not a value"))
                        .at(start.to(self.before()), "only numbers, `inf` and `nan` have a sign");
                    self.report(it);
                    return Err(Failed);
                }
                Ok(Scalar::NegativeIdent(word))
            }
            Kind::Ident => {
                self.next();
                Ok(Scalar::Ident(self.text_of(token)))
            }
            Kind::Int => {
                self.next();
                let text = self.text_of(token);
                let most = if minus { 1 << 63 } else { u64::MAX };
                // What fits no integer is a number all the same.
                match literal::int(text).filter(|&value| value <= most) {
                    Some(value) => Ok(Scalar::Int(value, if minus { Sign::Minus } else { Sign::Plus })),
                    None if text.starts_with('0') && literal::int(text).is_none() => {
                        let it = Diagnostic::error(format!("`{text}` is too large"))
                            .at(self.span_of(token), format!("the largest integer is {}", u64::MAX))
                            .help("larger numbers must be decimal");
                        self.report(it);
                        Ok(Scalar::Int(0, Sign::Plus))
                    }
                    None => Ok(Scalar::Float(signed(literal::float(text), minus))),
                }
            }
            Kind::Float => {
                self.next();
                Ok(Scalar::Float(signed(literal::float(self.text_of(token)), minus)))
            }
            Kind::Str if !minus => Ok(Scalar::Str(self.string(what)?.0)),
            _ => Err(self.unexpected(what)),
        }
    }

    /// `{ … }` or `< … >`, in the text format of Protobuf.
    fn value_message(&mut self, depth: usize) -> Parsed<Vec<ValueField<'s>>> {
        let open = self.here();
        let close = if self.is(b'<') { b'>' } else { b'}' };
        self.next();
        if depth >= VALUE_DEPTH_MAX {
            let it = Diagnostic::error(format!("values are nested more than {VALUE_DEPTH_MAX} deep"))
                .at(open, "this one is too deep");
            self.report(it);
            return Err(Failed);
        }
        let mut fields = Vec::new();
        while !self.take(close) {
            if self.at_end() {
                let it = Diagnostic::error("this value is never closed")
                    .at(open, "opened here")
                    .at(self.here(), "the file ends here");
                self.report(it);
                return Err(Failed);
            }
            fields.push(self.value_field(depth)?);
            // Commas and semicolons between fields are free.
            if !self.take(b',') {
                self.take(b';');
            }
        }
        Ok(fields)
    }

    fn value_field(&mut self, depth: usize) -> Parsed<ValueField<'s>> {
        let start = self.here();
        let name = if self.take(b'[') {
            let path = self.path_name("the name of an extension or the URL of a type")?;
            let name = if self.take(b'/') {
                let ty = self.path_name("the name of a type")?;
                ValueFieldName::Any(Cow::Owned(format!("{}/{}", path.text, ty.text)))
            } else {
                ValueFieldName::Extension(path.text)
            };
            self.expect(b']', "after the name")?;
            name
        } else {
            let it = self.ident("the name of a field")?;
            let text: &'s str = self.text.get(it.span.start as usize..it.span.end as usize).unwrap_or("");
            ValueFieldName::Plain(text)
        };
        let span = start.to(self.before());
        let colon = self.take(b':');
        if !colon && !self.is(b'{') && !self.is(b'<') && !self.is(b'[') {
            return Err(self.unexpected("`:` and a value"));
        }
        let value = self.value(depth + 1)?;
        Ok(ValueField { name, span, colon, value })
    }

    fn value(&mut self, depth: usize) -> Parsed<Value<'s>> {
        let start = self.here();
        let kind = if self.is(b'{') || self.is(b'<') {
            ValueKind::Message(self.value_message(depth)?)
        } else if self.take(b'[') {
            let mut list = Vec::new();
            while !self.take(b']') {
                if !list.is_empty() {
                    self.expect(b',', "or `]`")?;
                }
                // A list in a list is no value; so this does not recurse further.
                let start = self.here();
                let kind = if self.is(b'{') || self.is(b'<') {
                    ValueKind::Message(self.value_message(depth)?)
                } else {
                    ValueKind::Scalar(self.scalar("a value")?)
                };
                list.push(Value { kind, span: start.to(self.before()) });
            }
            ValueKind::List(list)
        } else {
            ValueKind::Scalar(self.scalar("a value")?)
        };
        Ok(Value { kind, span: start.to(self.before()) })
    }
}

/// Tokens looked at to find the end of braces in which something is wrong.
const BRACES_MAX: usize = 1000;

fn signed(value: f64, minus: bool) -> f64 {
    if minus { -value } else { value }
}
