//! One room: what a guest says reaches all others.

use ferrpc::{Request, Sender, Status, Streaming};
use tokio::sync::broadcast;

use crate::chat::v1::{Chat, Line};

/// Lines a slow guest may lag behind before it misses some.
const BACKLOG_LINES: usize = 256;

/// The room all guests are in.
#[derive(Debug)]
pub struct Room {
    lines: broadcast::Sender<Line>,
}

impl Default for Room {
    fn default() -> Self {
        Self { lines: broadcast::Sender::new(BACKLOG_LINES) }
    }
}

impl Chat for Room {
    async fn join(&self, request: Request<Streaming<Line>>, mut out: Sender<Line>) -> Result<(), Status> {
        let mut said = request.into_inner();
        let Some(first) = said.message().await? else {
            return Err(Status::invalid_argument("say your name in the first line"));
        };
        let name = first.from;
        let mut heard = self.lines.subscribe();
        // From here on the guest misses nothing, and may know it.
        let text = format!("welcome, {name}");
        out.send(Line { from: "room".into(), text, ..Default::default() }).await?;
        self.tell(&name, "joined");
        let result = loop {
            tokio::select! {
                line = said.message() => match line {
                    Ok(Some(line)) => self.tell(&name, &line.text),
                    Ok(None) => break Ok(()),
                    Err(status) => break Err(status),
                },
                line = heard.recv() => match line {
                    Ok(line) if line.from == name => {}
                    Ok(line) => out.send(line).await?,
                    Err(broadcast::error::RecvError::Lagged(missed)) => {
                        let text = format!("({missed} lines missed)");
                        out.send(Line { from: "room".into(), text, ..Default::default() }).await?;
                    }
                    Err(broadcast::error::RecvError::Closed) => break Ok(()),
                },
            }
        };
        self.tell(&name, "left");
        result
    }
}

impl Room {
    fn tell(&self, from: &str, text: &str) {
        let line = Line { from: from.into(), text: text.into(), ..Default::default() };
        // An empty room hears nothing; that is no error.
        let _ = self.lines.send(line);
    }
}
