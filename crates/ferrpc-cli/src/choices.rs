//! What one can choose about generated code: flags of `ferrpc gen`, and the parameter of the plugin.

use ferrpc_build::Options;

/// Choices about generated code.
#[derive(clap::Args, Clone, Debug, Default)]
#[non_exhaustive]
pub struct Choices {
    /// Leaves clients out.
    #[arg(long)]
    no_client: bool,

    /// Leaves server traits out.
    #[arg(long)]
    no_server: bool,

    /// Lets methods of server traits answer UNIMPLEMENTED unless they are written.
    #[arg(long)]
    default_stubs: bool,

    /// Messages only, for a crate that depends on ferrpc-proto and not on ferrpc.
    #[arg(long)]
    messages_only: bool,

    /// Leaves views of messages out.
    #[arg(long)]
    no_views: bool,

    /// Leaves out the views of messages below a package, and of those that hold one of these.
    #[arg(long, value_name = "PACKAGE")]
    without_views: Vec<String>,

    /// Has the messages received by the methods of a package or service, or by one method, stay where they were
    /// received, as `Frozen`.
    #[arg(long, value_name = "PATH")]
    frozen: Vec<String>,

    /// Does without std.
    #[arg(long)]
    no_std: bool,

    /// Takes the types below a package from a module generated elsewhere.
    #[arg(long = "extern", value_name = "PACKAGE=MODULE", value_parser = extern_package)]
    externs: Vec<(String, String)>,
}

impl Choices {
    /// The same for the generator.
    pub fn options(&self) -> Options {
        let options = Options::new().client(!self.no_client).server(!self.no_server);
        let options = options.default_stubs(self.default_stubs).no_std(self.no_std).views(!self.no_views);
        let options =
            self.without_views.iter().fold(options, |options, package| options.without_views(package));
        let options = self.frozen.iter().fold(options, |options, path| options.frozen(path));
        let options = if self.messages_only { options.messages_only() } else { options };
        self.externs
            .iter()
            .fold(options, |options, (package, module)| options.extern_package(package, module))
    }
}

fn extern_package(text: &str) -> Result<(String, String), String> {
    let (package, module) = text.split_once('=').ok_or("expected acme.common=::acme_protos::common")?;
    Ok((package.to_owned(), module.to_owned()))
}
