//! Bidirectional streaming: one room, many guests.
//!
//! `chat serve` opens the room, `chat join NAME` enters it: what is typed reaches all others, end of input
//! leaves. `chat demo` has a server and three guests talk in one process.
#![expect(clippy::print_stdout, reason = "prints what is said")]

use clap::{Parser, Subcommand};
use ferrpc::{Channel, Sender, Server, Status, Streaming};
use ferrpc_examples::chat::v1::{ChatClient, ChatServer, Line};
use ferrpc_examples::chat_room::Room;
use ferrpc_examples::interrupt::interrupted;
use tokio::io::{AsyncBufReadExt, BufReader};

/// A chat room.
#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Opens a room.
    Serve {
        /// Where to listen; the default is every address, IPv6 and IPv4.
        #[arg(long, default_value = "[::]:50052")]
        listen: String,
    },
    /// Enters a room.
    Join {
        /// The name to be known by.
        name: String,
        /// The server.
        #[arg(long, default_value = "localhost:50052")]
        target: String,
    },
    /// A room and three guests in one process.
    Demo,
}

#[tokio::main]
async fn main() -> Result<(), ferrpc::Error> {
    match Args::parse().command {
        Command::Serve { listen } => {
            let bound = Server::new().add(ChatServer::new(Room::default())).bind(listen).await?;
            let interrupted = interrupted().await;
            println!("listening on {}", bound.local_addr());
            bound.run_until(interrupted).await
        }
        Command::Join { name, target } => join(&name, &target).await,
        Command::Demo => demo().await,
    }
}

async fn join(name: &str, target: &str) -> Result<(), ferrpc::Error> {
    let (mut say, mut hear) = ChatClient::new(Channel::new(target)?).join().await?.split();
    say.send(Line { from: name.into(), ..Default::default() }).await?;
    let mut typed = BufReader::new(tokio::io::stdin()).lines();
    loop {
        tokio::select! {
            line = hear.message() => match line? {
                Some(line) => println!("{}: {}", line.from, line.text),
                None => return Ok(()),
            },
            text = typed.next_line() => match text {
                Ok(Some(text)) => say.send(Line { text, ..Default::default() }).await?,
                _ => break,
            },
        }
    }
    say.close();
    while let Some(line) = hear.message().await? {
        println!("{}: {}", line.from, line.text);
    }
    Ok(())
}

/// Opens the stream, says the guest's name, and waits for the room's welcome.
async fn enter(chat: &ChatClient, name: &str) -> Result<(Sender<Line>, Streaming<Line>), Status> {
    let (mut say, mut hear) = chat.join().await?.split();
    say.send(Line { from: name.into(), ..Default::default() }).await?;
    expect(&mut hear, "room", &format!("welcome, {name}")).await?;
    Ok((say, hear))
}

/// Each of three guests says one line and hears what the others say.
async fn demo() -> Result<(), ferrpc::Error> {
    let bound = Server::new().add(ChatServer::new(Room::default())).bind("127.0.0.1:0").await?;
    let chat = ChatClient::new(Channel::new(bound.local_addr().to_string())?);
    let handle = bound.handle();
    let serving = tokio::spawn(bound.run());

    let mut guests: Vec<(Sender<Line>, Streaming<Line>)> = Vec::new();
    for name in ["anna", "ben", "cleo"] {
        let guest = enter(&chat, name).await?;
        for (_, hear) in &mut guests {
            expect(hear, name, "joined").await?;
        }
        guests.push(guest);
    }
    for (i, (name, text)) in
        [("anna", "hello"), ("ben", "hi anna"), ("cleo", "hi both")].into_iter().enumerate()
    {
        guests[i].0.send(Line { text: text.into(), ..Default::default() }).await?;
        println!("{name}: {text}");
        for (j, (_, hear)) in guests.iter_mut().enumerate() {
            if i != j {
                expect(hear, name, text).await?;
            }
        }
    }
    for (mut say, mut hear) in guests {
        say.close();
        while hear.message().await?.is_some() {}
    }
    handle.shutdown();
    drop(chat);
    serving.await.map_err(|error| Status::internal(error.to_string()))?
}

/// The next line must be this one.
async fn expect(hear: &mut Streaming<Line>, from: &str, text: &str) -> Result<(), Status> {
    let line = hear.message().await?.ok_or_else(|| Status::internal("the room closed"))?;
    if line.from != from || line.text != text {
        return Err(Status::internal(format!("heard {line}, not {text:?} from {from}")));
    }
    Ok(())
}
