//! What a caller can choose about generated code.

/// What can be chosen about generated code. The defaults suit a crate that depends on `ferrpc`.
#[derive(Clone, Debug)]
pub struct Options {
    pub(crate) client: bool,
    pub(crate) server: bool,
    pub(crate) default_stubs: bool,
    /// Where generated code finds `ferrpc_proto`.
    pub(crate) runtime: String,
    pub(crate) no_std: bool,
    /// Fully-qualified prefixes, with a leading dot, and the Rust modules they are found in.
    pub(crate) externs: Vec<(String, String)>,
    /// Whether the types of `google/protobuf/*.proto` come from the runtime.
    pub(crate) well_known_types: bool,
    pub(crate) descriptors: bool,
    pub(crate) views: bool,
    /// Fully-qualified packages, with a leading dot.
    pub(crate) without_views: Vec<String>,
    /// Fully-qualified packages, services and methods, with a leading dot.
    pub(crate) frozen: Vec<String>,
}

impl Options {
    /// Clients and servers, messages from `::ferrpc::proto`.
    pub fn new() -> Self {
        Self {
            client: true,
            server: true,
            default_stubs: false,
            runtime: "::ferrpc::proto".into(),
            no_std: false,
            externs: Vec::new(),
            well_known_types: true,
            descriptors: true,
            views: true,
            without_views: Vec::new(),
            frozen: Vec::new(),
        }
    }

    /// Whether clients are generated. Default yes.
    pub fn client(mut self, yes: bool) -> Self {
        self.client = yes;
        self
    }

    /// Whether server traits are generated. Default yes.
    pub fn server(mut self, yes: bool) -> Self {
        self.server = yes;
        self
    }

    /// Whether the methods of server traits answer UNIMPLEMENTED unless they are written. Default no:
    /// a method that is missing is an error of the compiler.
    pub fn default_stubs(mut self, yes: bool) -> Self {
        self.default_stubs = yes;
        self
    }

    /// Messages only, for a crate that depends on `ferrpc-proto` and not on `ferrpc`.
    pub fn messages_only(mut self) -> Self {
        (self.client, self.server) = (false, false);
        self.runtime = "::ferrpc_proto".into();
        self
    }

    /// Whether the code must do without `std`. Default no.
    pub fn no_std(mut self, yes: bool) -> Self {
        self.no_std = yes;
        self
    }

    /// Whether messages have views, which borrow from their input. Default yes. What nobody uses of them
    /// becomes no machine code.
    pub fn views(mut self, yes: bool) -> Self {
        self.views = yes;
        self
    }

    /// Leaves out the views of messages below `package`, and of all messages that hold one of these.
    ///
    /// Also says of a package generated elsewhere that it was generated without views.
    pub fn without_views(mut self, package: &str) -> Self {
        self.without_views.push(format!(".{}", package.trim_start_matches('.')));
        self
    }

    /// Has the messages that methods receive stay where they were received: servers get their requests, clients
    /// their responses, as `Frozen`, a view with its input. `path` is a package, a service or a method.
    ///
    /// `frozen("acme.shop.v1.Catalog.Search")`
    pub fn frozen(mut self, path: &str) -> Self {
        self.frozen.push(format!(".{}", path.trim_start_matches('.')));
        self
    }

    /// Whether that was said of a method, whose name has a leading dot.
    pub(crate) fn is_frozen(&self, method: &str) -> bool {
        self.frozen.iter().any(|path| {
            let rest = method.strip_prefix(path.trim_end_matches('.'));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    }

    /// Takes the types below `package` from `module`, generated elsewhere, instead of generating them.
    ///
    /// `extern_package("acme.common", "::acme_protos::acme::common")`
    pub fn extern_package(mut self, package: &str, module: &str) -> Self {
        self.externs.push((format!(".{}", package.trim_start_matches('.')), module.to_owned()));
        self
    }

    /// For the runtime's own files: everything from `crate`, nothing left out.
    #[doc(hidden)]
    pub fn for_the_runtime_itself(mut self) -> Self {
        (self.client, self.server) = (false, false);
        self.runtime = "crate".into();
        self.no_std = true;
        self.well_known_types = false;
        self.descriptors = false;
        self
    }
}

impl Default for Options {
    fn default() -> Self {
        Self::new()
    }
}
