//! Services: the trait a server implements, the type that serves it, the client.

use ferrpc_proto::descriptor::{MethodDescriptorProto, ServiceDescriptorProto};

use crate::context::Context;
use crate::error::Error;
use crate::names::{Scope, shout, snake};
use crate::print::{CALL_WIDTH, LONG_RESULT, Printer, Type};
use crate::schema::{Item, text};

/// A method as all three need it.
struct Method {
    /// In Rust, as a function and as a constant.
    name: String,
    constant: String,
    proto_name: String,
    request: Type,
    response: Type,
    /// If what is received is frozen: the constants that say so, of the server and of the client.
    frozen: Option<[Frozen; 2]>,
    kind: Kind,
    doc: Vec<String>,
    deprecated: bool,
}

/// The messages that a side receives, where they stay in their input.
struct Frozen {
    constant: String,
    message: Type,
}

impl Method {
    /// A request as the server gets it.
    fn received_request(&self) -> &Type {
        self.frozen.as_ref().map_or(&self.request, |[server, _]| &server.message)
    }

    /// A response as the client gets it.
    fn received_response(&self) -> &Type {
        self.frozen.as_ref().map_or(&self.response, |[_, client]| &client.message)
    }

    /// The constant that the server serves.
    fn served(&self) -> &str {
        self.frozen.as_ref().map_or(&self.constant, |[server, _]| &server.constant)
    }

    /// The constant that the client calls.
    fn called(&self) -> &str {
        self.frozen.as_ref().map_or(&self.constant, |[_, client]| &client.constant)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Unary,
    ServerStreaming,
    ClientStreaming,
    Bidi,
}

impl Kind {
    fn of(method: &MethodDescriptorProto) -> Self {
        match (method.client_streaming.unwrap_or(false), method.server_streaming.unwrap_or(false)) {
            (false, false) => Self::Unary,
            (false, true) => Self::ServerStreaming,
            (true, false) => Self::ClientStreaming,
            (true, true) => Self::Bidi,
        }
    }

    fn variant(self) -> &'static str {
        match self {
            Self::Unary => "Unary",
            Self::ServerStreaming => "ServerStreaming",
            Self::ClientStreaming => "ClientStreaming",
            Self::Bidi => "Bidi",
        }
    }

    /// The function of `Channel` and of `Call` that does it.
    fn function(self) -> &'static str {
        match self {
            Self::Unary => "unary",
            Self::ServerStreaming => "server_streaming",
            Self::ClientStreaming => "client_streaming",
            Self::Bidi => "bidi",
        }
    }

    fn client_streams(self) -> bool {
        matches!(self, Self::ClientStreaming | Self::Bidi)
    }

    fn server_streams(self) -> bool {
        matches!(self, Self::ServerStreaming | Self::Bidi)
    }
}

pub(crate) fn service(
    g: &Context<'_>,
    out: &mut Printer,
    module: usize,
    item: &Item<'_>,
    service: &ServiceDescriptorProto,
    methods_module: &str,
) -> Result<(), Error> {
    if !g.options.client && !g.options.server {
        return Ok(());
    }
    // What the client has beside its methods; the trait keeps to the same names.
    let mut functions = Scope::with(&["new", "clone"]);
    let mut constants = Scope::default();
    let mut methods = Vec::new();
    for (i, method) in service.method.iter().enumerate() {
        let source: Vec<i32> =
            item.source.iter().copied().chain([2, i32::try_from(i).unwrap_or(i32::MAX)]).collect();
        let file = text(&item.file.name);
        let proto_name = text(&method.name);
        let (input, output) = (text(&method.input_type), text(&method.output_type));
        let constant = constants.take(&shout(proto_name));
        let request = Type::path(g.schema.path(module, input, file)?);
        let response = Type::path(g.schema.path(module, output, file)?);
        let path = format!(".{}.{proto_name}", item.full_name);
        let mut freeze = |message: &Type, proto: &str, side: &str| {
            if g.schema.view_path(module, proto).is_none() {
                let method = path.trim_start_matches('.');
                let proto = proto.trim_start_matches('.');
                let error =
                    format!("{method} cannot have frozen messages: {proto} is generated without views");
                return Err(Error::new(file, error));
            }
            let message = frozen(g, message.clone());
            Ok(Frozen { constant: constants.take(&format!("{constant}_{side}")), message })
        };
        let received = if g.options.is_frozen(&path) {
            Some([freeze(&request, input, "FROZEN_REQUEST")?, freeze(&response, output, "FROZEN_RESPONSE")?])
        } else {
            None
        };
        methods.push(Method {
            name: functions.take(&snake(proto_name)),
            constant,
            request,
            response,
            frozen: received,
            proto_name: proto_name.to_owned(),
            kind: Kind::of(method),
            doc: g.doc(item.file, &source),
            deprecated: method.options.get().deprecated(),
        });
    }
    let doc = g.doc(item.file, &item.source);
    let deprecated = service.options.get().deprecated();
    if g.options.server {
        server_trait(g, out, module, item, &methods, &doc, deprecated);
        arc(g, out, module, item, &methods);
        server(out, item, &methods, methods_module);
    }
    if g.options.client {
        client(out, item, &methods, methods_module, &doc, deprecated);
    }
    constants_module(g, out, item, service, &methods, methods_module);
    Ok(())
}

fn server_trait(
    g: &Context<'_>,
    out: &mut Printer,
    module: usize,
    item: &Item<'_>,
    methods: &[Method],
    doc: &[String],
    deprecated: bool,
) {
    out.blank();
    out.doc(doc);
    out.deprecated(deprecated);
    let bounds = "::core::marker::Send + ::core::marker::Sync + 'static";
    out.interface(&format!("pub trait {}:", item.name), bounds, |out| {
        for method in methods {
            out.blank();
            out.doc(&method.doc);
            out.deprecated(method.deprecated);
            if g.options.default_stubs {
                stub(g, out, module, item, method);
            } else {
                out.function(
                    &format!("fn {}", method.name),
                    &parameters(method, ""),
                    &future(g, module, method),
                    ";",
                );
            }
        }
    });
}

/// A method that answers UNIMPLEMENTED.
fn stub(g: &Context<'_>, out: &mut Printer, module: usize, item: &Item<'_>, method: &Method) {
    out.function(&format!("fn {}", method.name), &parameters(method, "_"), &future(g, module, method), " {");
    let message = format!("\"{}.{} is not implemented\";", item.full_name, method.proto_name);
    let one = format!("const MESSAGE: &str = {message}");
    if out.fits(&one) {
        out.line(&one);
    } else {
        out.line("const MESSAGE: &str =");
        out.line(&format!("    {message}"));
    }
    out.line("async { ::core::result::Result::Err(::ferrpc::Status::unimplemented(MESSAGE)) }");
    out.close("}");
}

/// The parameters, each after its name.
fn parameters(method: &Method, unused: &str) -> Vec<(&'static str, Type)> {
    let message = match method.kind.client_streams() {
        true => Type::of("::ferrpc::Streaming", [method.received_request().clone()]),
        false => method.received_request().clone(),
    };
    let names = if unused.is_empty() { ["request: ", "out: "] } else { ["_request: ", "_out: "] };
    let mut parameters =
        vec![("", Type::path("&self")), (names[0], Type::of("::ferrpc::Request", [message]))];
    if method.kind.server_streams() {
        parameters.push((names[1], Type::of("::ferrpc::Sender", [method.response.clone()])));
    }
    parameters
}

fn future(g: &Context<'_>, module: usize, method: &Method) -> Type {
    let answer = match method.kind.server_streams() {
        true => Type::unit(),
        false => Type::of("::ferrpc::Response", [method.response.clone()]),
    };
    let result = if g.schema.has(module, "Result") { LONG_RESULT } else { "Result" };
    let send = if g.schema.has(module, "Send") { " + ::core::marker::Send" } else { " + Send" };
    Type::future(Type::of(result, [answer, Type::path("::ferrpc::Status")]), send)
}

fn arguments(method: &Method) -> &'static str {
    if method.kind.server_streams() { "request, out" } else { "request" }
}

fn arc(g: &Context<'_>, out: &mut Printer, module: usize, item: &Item<'_>, methods: &[Method]) {
    out.blank();
    out.implementation(&format!("impl<T: {0}> {0}", item.name), "for ::std::sync::Arc<T>", |out| {
        for method in methods {
            out.blank();
            out.function(
                &format!("fn {}", method.name),
                &parameters(method, ""),
                &future(g, module, method),
                " {",
            );
            out.line(&format!("T::{}(self, {})", method.name, arguments(method)));
            out.close("}");
        }
    });
}

fn server(out: &mut Printer, item: &Item<'_>, methods: &[Method], methods_module: &str) {
    let name = &item.name;
    let bare = name.trim_start_matches("r#");
    out.blank();
    out.line(&format!("/// Serves an implementation of [`{bare}`]; hand it to `ferrpc::Server::add`."));
    out.line("#[derive(Clone, Debug)]");
    out.open(&format!("pub struct {bare}Server<T> {{"));
    out.line("inner: ::std::sync::Arc<T>,");
    out.close("}");

    out.blank();
    out.implementation(&format!("impl<T: {name}>"), &format!("{bare}Server<T>"), |out| {
        out.line("/// Serves `inner`.");
        out.open("pub fn new(inner: T) -> Self {");
        out.line("Self::from_arc(::std::sync::Arc::new(inner))");
        out.close("}");
        out.blank();
        out.line("/// Serves an implementation that is used elsewhere too.");
        out.open("pub fn from_arc(inner: ::std::sync::Arc<T>) -> Self {");
        out.line("Self { inner }");
        out.close("}");
    });

    out.blank();
    let first = format!("impl<T: {name}> ::ferrpc::server::Service");
    out.implementation(&first, &format!("for {bare}Server<T>"), |out| {
        out.open("fn name(&self) -> &'static str {");
        out.line(&format!("\"{}\"", item.full_name));
        out.close("}");
        out.blank();
        out.open("fn methods(&self) -> &'static [::ferrpc::MethodInfo] {");
        out.line(&format!("&{methods_module}::METHODS"));
        out.close("}");
        out.blank();
        dispatch(out, methods, methods_module);
    });
}

fn dispatch(out: &mut Printer, methods: &[Method], methods_module: &str) {
    let parameters = [
        ("", Type::path("&self")),
        ("index: ", Type::path("usize")),
        ("call: ", Type::path("::ferrpc::server::Call")),
    ];
    out.function("fn dispatch", &parameters, &Type::path("::ferrpc::server::Running"), " {");
    if !methods.is_empty() {
        out.line("let inner = ::std::sync::Arc::clone(&self.inner);");
    }
    out.open("match index {");
    for (i, method) in methods.iter().enumerate() {
        let arguments = arguments(method);
        out.open(&format!("{i} => {{"));
        out.line(&format!("let method = &{methods_module}::{};", method.served()));
        let call = format!("T::{}(&inner, {arguments})", method.name);
        if method.kind.client_streams() || method.kind.server_streams() {
            // What is moved into a future stays a part of it to its end, and a stream may be open for long.
            let both = if method.kind.server_streams() { format!("({arguments})") } else { arguments.into() };
            out.open(&format!("call.{}(method, move |{arguments}| {{", method.kind.function()));
            out.line(&format!("let boxed = ::std::boxed::Box::new({both});"));
            out.open("async move {");
            out.line(&format!("let {both} = ::ferrpc::server::unbox(boxed);"));
            awaited(out, &call);
            out.close("}");
        } else {
            out.open(&format!("call.{}(method, move |{arguments}| async move {{", method.kind.function()));
            awaited(out, &call);
        }
        out.close("})");
        out.close("}");
    }
    out.line("_ => call.unimplemented(),");
    out.close("}");
    out.close("}");
}

/// A call that is awaited, as rustfmt breaks it.
fn awaited(out: &mut Printer, call: &str) {
    if call.chars().count() + ".await".len() <= CALL_WIDTH {
        out.line(&format!("{call}.await"));
    } else {
        out.line(call);
        out.line("    .await");
    }
}

fn client(
    out: &mut Printer,
    item: &Item<'_>,
    methods: &[Method],
    methods_module: &str,
    doc: &[String],
    deprecated: bool,
) {
    let bare = item.name.trim_start_matches("r#");
    out.blank();
    out.line(&format!("/// Calls `{}` over a channel.", item.full_name));
    if !doc.is_empty() {
        out.line("///");
        out.doc(doc);
    }
    out.deprecated(deprecated);
    out.line("#[derive(Clone, Debug)]");
    out.open(&format!("pub struct {bare}Client {{"));
    out.line("channel: ::ferrpc::Channel,");
    out.close("}");

    out.blank();
    out.open(&format!("impl {bare}Client {{"));
    out.line("/// A client whose calls go over `channel`.");
    out.open("pub fn new(channel: ::ferrpc::Channel) -> Self {");
    out.line("Self { channel }");
    out.close("}");
    for method in methods {
        out.blank();
        out.doc(&method.doc);
        out.deprecated(method.deprecated);
        let call = match method.kind {
            Kind::Unary => "::ferrpc::client::UnaryCall",
            Kind::ServerStreaming => "::ferrpc::client::ServerStreamingCall",
            Kind::ClientStreaming => "::ferrpc::client::ClientStreamingCall",
            Kind::Bidi => "::ferrpc::client::BidiCall",
        };
        let result = Type::of(call, [method.request.clone(), method.received_response().clone()]);
        let mut parameters = vec![("", Type::path("&self"))];
        if !method.kind.client_streams() {
            let request = Type::of("::ferrpc::Request", [method.request.clone()]);
            parameters.push(("request: ", Type::of("impl ::core::convert::Into", [request])));
        }
        out.function(&format!("pub fn {}", method.name), &parameters, &result, " {");
        out.line(&format!("let method = &{methods_module}::{};", method.called()));
        let arguments = if method.kind.client_streams() { "method" } else { "method, request.into()" };
        out.line(&format!("self.channel.{}({arguments})", method.kind.function()));
        out.close("}");
    }
    out.close("}");
}

/// The module of constants: each method, and for the server the list of them.
fn constants_module(
    g: &Context<'_>,
    out: &mut Printer,
    item: &Item<'_>,
    service: &ServiceDescriptorProto,
    methods: &[Method],
    methods_module: &str,
) {
    let bare = item.name.trim_start_matches("r#");
    out.blank();
    out.line(&format!("/// The methods of `{bare}`."));
    out.open(&format!("pub mod {methods_module} {{"));
    for (method, proto) in methods.iter().zip(&service.method) {
        let proto = text(&proto.name);
        let up = |message: &Type| Type::path(from_below(&message.flat()));
        let of = Type::of("::ferrpc::Method", [up(&method.request), up(&method.response)]);
        out.blank();
        out.line(&format!("/// `{proto}`"));
        let arguments = [
            format!("\"/{}/{proto}\"", item.full_name),
            format!("\"{}\"", item.full_name),
            format!("\"{proto}\""),
            format!("::ferrpc::Kind::{}", method.kind.variant()),
        ];
        out.assigned_call(
            &format!("pub const {}: ", method.constant),
            &of,
            "::ferrpc::Method::proto",
            &arguments,
        );
        let Some([server, client]) = &method.frozen else { continue };
        let requests = [frozen(g, up(&method.request)), up(&method.response)];
        let responses = [up(&method.request), frozen(g, up(&method.response))];
        let sides = [
            (g.options.server, server, requests, "frozen_requests", "server: requests stay where they were"),
            (
                g.options.client,
                client,
                responses,
                "frozen_responses",
                "client: responses stay where they were",
            ),
        ];
        for (wanted, side, messages, function, what) in sides {
            if wanted {
                out.blank();
                out.line(&format!("/// `{proto}` for its {what} received."));
                out.assigned_call(
                    &format!("pub const {}: ", side.constant),
                    &Type::of("::ferrpc::Method", messages),
                    &format!("::ferrpc::Method::{function}"),
                    &[format!("&self::{}", method.constant)],
                );
            }
        }
    }
    out.blank();
    out.line("#[doc(hidden)]");
    let infos: Vec<String> =
        methods.iter().map(|method| format!("self::{}.info()", method.constant)).collect();
    out.assigned_array(&format!("pub static METHODS: [::ferrpc::MethodInfo; {}] = ", methods.len()), &infos);
    out.close("}");
}

fn frozen(g: &Context<'_>, message: Type) -> Type {
    Type::of(format!("{}::Frozen", g.runtime()), [message])
}

/// A path as it is written one module further down.
fn from_below(path: &str) -> String {
    if path.starts_with("::") || path.starts_with("crate::") {
        path.to_owned()
    } else {
        format!("super::{path}")
    }
}
