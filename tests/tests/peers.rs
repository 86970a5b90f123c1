//! Foreign clients against our server, and our client against foreign servers.

mod python_client {
    use ferrpc_tests::{each_case, peer};

    async fn run(case: &str) {
        let address = peer::serve().await;
        peer::Peer::Python.run(case, &address).await;
    }

    each_case!(run);
}

mod python_server {
    use ferrpc_tests::{each_case, peer};

    async fn run(case: &str) {
        let server = peer::Peer::Python.serve().await;
        peer::run(case, &server.address).await;
    }

    each_case!(run);
}

mod go_client {
    use ferrpc_tests::{each_case, peer};

    async fn run(case: &str) {
        let address = peer::serve().await;
        peer::Peer::Go.run(case, &address).await;
    }

    each_case!(run);
}

mod go_server {
    use ferrpc_tests::{each_case, peer};

    async fn run(case: &str) {
        let server = peer::Peer::Go.serve().await;
        peer::run(case, &server.address).await;
    }

    each_case!(run);
}
