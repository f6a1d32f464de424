//! Connections come of age: clients spread over replicas, and no call is cut.

use crate::harness::*;
use esteira_contract::v1::{
    self, admin_service_client::AdminServiceClient, worker_service_client::WorkerServiceClient,
};
use esteira_grpc::Options;
use std::{
    error::Error,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    time::Instant,
};
use tonic::{Code, transport::Channel};

/// Stands before the server and counts the connections to it.
async fn gate(server: SocketAddr) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            counted.fetch_add(1, SeqCst);
            let mut server = TcpStream::connect(server).await.expect("the server listens");
            tokio::spawn(async move { tokio::io::copy_bidirectional(&mut client, &mut server).await });
        }
    });
    (address, count)
}

#[tokio::test]
async fn an_old_connection_takes_no_new_calls_and_cuts_none() {
    let age = Duration::from_millis(200);
    let server = Harness::with(Options { connection_age_max: age, ..Options::new(Arc::new(operator())) }).await;
    let (address, connections) = gate(server.address).await;
    let endpoint = Channel::from_shared(format!("http://{address}")).expect("an endpoint");
    let channel = endpoint.connect().await.expect("connects");
    // A poll that is much longer than a connection's age, on the first connection.
    let mut workers = WorkerServiceClient::new(channel.clone());
    let poll = v1::LeaseTasksRequest {
        worker_id: "w".into(),
        request_id: "1".into(),
        function_names: vec!["kit.a".into()],
        max_leases: 1,
        wait: Some(prost_types::Duration { seconds: 2, nanos: 0 }),
        ..Default::default()
    };
    let began = Instant::now();
    let polling = tokio::spawn(async move { workers.lease_tasks(poll).await });
    // Meanwhile calls go on, one after the other, and the client moves to new connections by itself.
    let (mut calls, mut again) = (0, 0);
    let mut admin = AdminServiceClient::new(channel);
    let moving = async {
        while connections.load(SeqCst) < 4 {
            match admin.get_system_info(v1::GetSystemInfoRequest::default()).await {
                Ok(_) => calls += 1,
                // The connection was closed before the call was sent; its status was made on this side. As the protocol says.
                Err(status) if status.code() == Code::Cancelled && status.source().is_some() => again += 1,
                Err(status) => panic!("a call failed: {status:?}"),
            }
        }
    };
    tokio::time::timeout(SOON, moving).await.expect("the client moves");
    assert!(began.elapsed() >= 3 * age, "{calls} calls over 4 connections in {:?}", began.elapsed());
    assert!(again <= 4 && calls > again, "{again} of {calls} calls had to be sent again");
    let answer = tokio::time::timeout(SOON, polling).await.expect("in time").expect("no panic").expect("not cut");
    assert!(answer.into_inner().leases.is_empty() && began.elapsed() >= Duration::from_secs(2));
    server.stop().await;
}
