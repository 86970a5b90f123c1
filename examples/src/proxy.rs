//! What `proxy` does with each call: it passes all of it on, whatever its method and messages are.

use ferrpc::proto::Bytes;
use ferrpc::{Channel, Kind, MethodRef, Request, Sender, Status, Streaming};

/// Calls the same method of the server behind `channel`, and answers what that answers. The deadline is inherited.
pub async fn forward(
    channel: Channel,
    path: String,
    request: Request<Streaming<Bytes>>,
    mut out: Sender<Bytes>,
) -> Result<(), Status> {
    let call = channel.bidi(MethodRef::raw(&path, Kind::Bidi)?).metadata_of(request.metadata());
    let mut requests = request.into_inner();
    let (mut up, mut down) = call.await?.split();
    let upload = async {
        while let Ok(Some(message)) = requests.message().await {
            if up.send(message).await.is_err() {
                break;
            }
        }
        up.close();
        // How the call ends is the answer's word.
        std::future::pending::<()>().await;
    };
    let download = async {
        out.headers_mut().extend(down.headers().await?);
        out.send_headers();
        while let Some(message) = down.message().await? {
            out.send(message).await?;
        }
        out.add_trailers(&down.trailers().cloned().unwrap_or_default());
        Ok(())
    };
    tokio::select! {
        ended = download => ended.map_err(Status::pass_on),
        () = upload => Ok(()),
    }
}
