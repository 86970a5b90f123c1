//! Rust text, line by line, laid out as rustfmt would by its default settings.

use std::fmt::Write;

/// rustfmt's default `max_width`.
const WIDTH: usize = 100;

/// rustfmt's default `fn_call_width` and `chain_width`.
pub(crate) const CALL_WIDTH: usize = 60;

pub(crate) const LONG_RESULT: &str = "::core::result::Result";

/// Text under construction.
#[derive(Default)]
pub(crate) struct Printer {
    out: String,
    depth: usize,
}

impl Printer {
    pub(crate) fn finish(self) -> String {
        self.out
    }

    pub(crate) fn line(&mut self, line: &str) {
        if !line.is_empty() {
            self.out.extend(std::iter::repeat_n("    ", self.depth));
            self.out.push_str(line);
        }
        self.out.push('\n');
    }

    pub(crate) fn blank(&mut self) {
        // None at the start of a block.
        if !self.out.is_empty() && !self.out.ends_with("{\n") && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    pub(crate) fn doc(&mut self, lines: &[String]) {
        for line in lines {
            if line.is_empty() { self.line("///") } else { self.line(&format!("/// {line}")) }
        }
    }

    /// Marks what follows as deprecated, if it is. Generated code itself may use it all the same.
    pub(crate) fn deprecated(&mut self, yes: bool) {
        if yes {
            self.line("#[deprecated]");
        }
    }

    /// A line that ends in an opening bracket; what follows is indented.
    pub(crate) fn open(&mut self, line: &str) {
        self.line(line);
        self.depth += 1;
    }

    pub(crate) fn close(&mut self, line: &str) {
        self.depth -= 1;
        self.line(line);
    }

    /// Whether `text` fits on a line of its own.
    pub(crate) fn fits(&self, text: &str) -> bool {
        self.depth * 4 + text.chars().count() <= WIDTH
    }

    /// A block; what is empty stays on its line.
    pub(crate) fn block(&mut self, head: &str, body: impl FnOnce(&mut Self)) {
        self.open(&format!("{head} {{"));
        let start = self.out.len();
        body(self);
        self.depth -= 1;
        if self.out.len() == start {
            self.out.pop();
            self.out.push_str("}\n");
        } else {
            self.line("}");
        }
    }

    /// An `impl` whose head may need a second line, which `second` is then.
    pub(crate) fn implementation(&mut self, first: &str, second: &str, body: impl FnOnce(&mut Self)) {
        // rustfmt does not count the indentation.
        let head = format!("{first} {second}");
        let fits = head.chars().count() + " {".len() <= WIDTH;
        self.long_block(fits, first, second, body);
    }

    /// A trait whose bounds may need a second line.
    pub(crate) fn interface(&mut self, head: &str, bounds: &str, body: impl FnOnce(&mut Self)) {
        // rustfmt keeps eight columns free.
        let fits = self.fits(&format!("{head} {bounds} {{        "));
        self.long_block(fits, head, bounds, body);
    }

    fn long_block(&mut self, fits: bool, first: &str, second: &str, body: impl FnOnce(&mut Self)) {
        if fits {
            return self.block(&format!("{first} {second}"), body);
        }
        self.line(first);
        self.line(&format!("    {second}"));
        self.open("{");
        body(self);
        self.close("}");
    }

    /// A function's head up to its `{` or `;`, its parameters and its return type broken as needed.
    pub(crate) fn function(&mut self, head: &str, parameters: &[(&str, Type)], result: &Type, end: &str) {
        let arrow = if result.is_unit() { String::new() } else { format!(" -> {}", result.flat()) };
        let flat = |(name, parameter): &(&str, Type)| format!("{name}{}", parameter.flat());
        let flat: Vec<String> = parameters.iter().map(flat).collect();
        let one = format!("{head}({}){arrow}{end}", flat.join(", "));
        if self.fits(&one) {
            self.line(&one);
        } else {
            self.open(&format!("{head}("));
            for (name, parameter) in parameters {
                self.typed(name, parameter, ",");
            }
            self.depth -= 1;
            self.result(result, end);
        }
        if end.ends_with('{') {
            self.depth += 1;
        }
    }

    /// The last line of a head whose parameters have lines of their own.
    ///
    /// The widths are what rustfmt does, found by trial: it lets a result run over the margin by what
    /// stands behind its last argument, but gives a `{` less room than there is.
    fn result(&mut self, result: &Type, end: &str) {
        let flat = if result.is_unit() { ")".to_owned() } else { format!(") -> {}", result.flat()) };
        let indent = self.depth * 4;
        let width = indent + flat.chars().count();
        let (most, broken_from) = if result.tail.is_empty() { (102, 103) } else { (107, 113) };
        if width <= most || result.arguments.is_empty() {
            if end == " {" && width + 2 > WIDTH - indent {
                self.line(&flat);
                self.line("{");
            } else {
                self.line(&format!("{flat}{end}"));
            }
        } else if width >= broken_from {
            self.broken_type(") -> ", result, end);
        } else {
            // Editions of rustfmt's style differ here. A longer name for the same type makes all of
            // them break the arguments.
            self.broken_type(") -> ", &result.with_long_result(), end);
        }
    }

    /// A type between other text, its arguments on lines of their own if it does not fit.
    pub(crate) fn typed(&mut self, before: &str, argument: &Type, after: &str) {
        let flat = argument.flat();
        // rustfmt does not count the `impl`.
        let counted = flat.strip_prefix("impl ").unwrap_or(&flat);
        if self.fits(&format!("{before}{counted}{after}")) || argument.arguments.is_empty() {
            self.line(&format!("{before}{flat}{after}"));
        } else {
            self.broken_type(before, argument, after);
        }
    }

    /// A field of a struct: its type may go to the next line whole.
    pub(crate) fn field(&mut self, name: &str, of: &Type) {
        let flat = of.flat();
        if !self.fits(&format!("pub {name}: {flat},")) && self.fits(&format!("    {flat},")) {
            self.line(&format!("pub {name}:"));
            self.line(&format!("    {flat},"));
        } else {
            self.typed(&format!("pub {name}: "), of, ",");
        }
    }

    fn broken_type(&mut self, before: &str, broken: &Type, after: &str) {
        self.open(&format!("{before}{}<", broken.path));
        for (name, argument) in &broken.arguments {
            self.typed(name, argument, ",");
        }
        self.close(&format!(">{}{after}", broken.tail));
    }

    /// An array assigned to a constant, wherever it fits. `head` ends in ` = `, or in ` = &`.
    ///
    /// The elements are of more than ten columns each: shorter ones rustfmt would pack.
    pub(crate) fn assigned_array(&mut self, head: &str, elements: &[String]) {
        let (head, reference) = head.split_at(head.len() - usize::from(head.ends_with('&')));
        let list = elements.join(", ");
        let flat = format!("{reference}[{list}];");
        let short = list.chars().count() <= CALL_WIDTH;
        if short && self.fits(&format!("{head}{flat}")) {
            self.line(&format!("{head}{flat}"));
        } else if short && self.fits(&format!("    {flat}")) {
            self.line(head.trim_end());
            self.line(&format!("    {flat}"));
        } else {
            self.open(&format!("{head}{reference}["));
            for element in elements {
                self.line(&format!("{element},"));
            }
            self.close("];");
        }
    }

    /// The rest of a constant: a call with plain arguments, wherever it fits. `before` ends in ` =`.
    pub(crate) fn assigned_call(
        &mut self,
        before: &str,
        declared: &Type,
        function: &str,
        arguments: &[String],
    ) {
        let head = format!("{before}{} =", declared.flat());
        let flat = format!("{function}({});", arguments.join(", "));
        let short = arguments.join(", ").chars().count() <= CALL_WIDTH;
        let breaks = |printer: &mut Self, first: &str| {
            printer.open(first);
            for argument in arguments {
                printer.line(&format!("{argument},"));
            }
            printer.close(");");
        };
        if short && self.fits(&format!("{head} {flat}")) {
            self.line(&format!("{head} {flat}"));
        } else if !self.fits(&head) && short && self.fits(&format!("> = {flat}")) {
            self.broken_type(before, declared, &format!(" = {flat}"));
        } else if !self.fits(&head) {
            self.broken_type(before, declared, &format!(" = {function}("));
            self.depth += 1;
            for argument in arguments {
                self.line(&format!("{argument},"));
            }
            self.close(");");
        } else if short && self.fits(&format!("    {flat}")) {
            self.line(&head);
            self.line(&format!("    {flat}"));
        } else if self.fits(&format!("{head} {function}(")) {
            breaks(self, &format!("{head} {function}("));
        } else {
            self.line(&head);
            self.depth += 1;
            breaks(self, &format!("{function}("));
            self.depth -= 1;
        }
    }
}

/// A type as far as it can be broken: a path, its arguments, and what stands behind.
#[derive(Clone, Debug, Default)]
pub(crate) struct Type {
    path: String,
    /// Each with what stands before it, such as `Output = `.
    arguments: Vec<(&'static str, Self)>,
    tail: &'static str,
}

impl Type {
    pub(crate) fn unit() -> Self {
        Self::path("()")
    }

    pub(crate) fn path(path: impl Into<String>) -> Self {
        Self { path: path.into(), ..Self::default() }
    }

    pub(crate) fn of(path: impl Into<String>, arguments: impl IntoIterator<Item = Self>) -> Self {
        let arguments = arguments.into_iter().map(|argument| ("", argument)).collect();
        Self { path: path.into(), arguments, tail: "" }
    }

    /// `impl Future<Output = …> + Send`.
    pub(crate) fn future(output: Self, send: &'static str) -> Self {
        Self {
            path: "impl ::core::future::Future".into(),
            arguments: vec![("Output = ", output)],
            tail: send,
        }
    }

    fn with_long_result(&self) -> Self {
        let mut long = self.clone();
        for (_, argument) in &mut long.arguments {
            if argument.path == "Result" {
                argument.path = LONG_RESULT.into();
            }
        }
        long
    }

    fn is_unit(&self) -> bool {
        self.path == "()"
    }

    pub(crate) fn flat(&self) -> String {
        let mut out = self.path.clone();
        for (i, (name, argument)) in self.arguments.iter().enumerate() {
            let _ = write!(out, "{}{name}{}", if i == 0 { "<" } else { ", " }, argument.flat());
        }
        if !self.arguments.is_empty() {
            out.push('>');
        }
        out.push_str(self.tail);
        out
    }
}
