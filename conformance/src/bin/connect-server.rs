//! A server for connectrpc's conformance runner, which says on standard input what it should take and reads on standard
//! output where it listens; runs until it is ended.
#![forbid(unsafe_code)]

use ferrpc_conformance::connect::proto::connectrpc::conformance::v1::{
    ServerCompatRequest, ServerCompatResponse,
};
use ferrpc_conformance::connect::{read, service, write};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let wish: ServerCompatRequest = read(&mut tokio::io::stdin()).await?.ok_or("the runner said nothing")?;
    if wish.use_tls {
        return Err("there is no TLS yet".into());
    }
    let bound = service::server(wish.message_receive_limit as usize).bind("127.0.0.1:0").await?;
    let address = bound.local_addr();
    let answer = ServerCompatResponse {
        host: address.ip().to_string(),
        port: address.port().into(),
        ..Default::default()
    };
    write(&mut tokio::io::stdout(), &answer).await?;
    bound.run().await?;
    Ok(())
}
