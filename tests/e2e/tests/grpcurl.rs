//! The commands of the README, as they stand there, against a real server.

use esteira_e2e::{Server, tools, within};
use std::{fs, process::Stdio, time::Duration};
use tokio::process::Command;

/// The address in the text.
const ADDRESS: &str = "127.0.0.1:7440";
const COMMANDS_MAX: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_commands_of_the_readme_work() {
    let server = Server::dev().await;
    let script = script();
    let printed = run(&script.replace(ADDRESS, &server.address())).await;
    for expected in [
        // list
        "esteira.v1.AdminService\n",
        "esteira.v1.JobService\n",
        "esteira.v1.OutboxService\n",
        "esteira.v1.PlanService\n",
        "esteira.v1.WorkerService\n",
        "grpc.health.v1.Health\n",
        // describe
        "rpc LeaseTasks ( .esteira.v1.LeaseTasksRequest ) returns ( .esteira.v1.LeaseTasksResponse );",
        // health
        "\"status\": \"SERVING\"",
        // the job and its task
        "\"completed\": true",
        "\"state\": \"JOB_STATE_SUCCEEDED\"",
        "\"stepKey\": \"greet\"",
        "\"state\": \"TASK_STATE_SUCCEEDED\"",
        r#""json": "{\"greeting\": \"hello, grpc\"}""#,
    ] {
        assert!(printed.contains(expected), "{expected:?} is not in:\n{printed}");
    }
    server.stop().await;
}

#[test]
fn the_readme_of_the_project_calls_nothing_else() {
    let readme = fs::read_to_string(tools::root().join("README.md")).expect("the project has a README");
    let script = script();
    for command in readme.replace("\\\n", " ").lines().filter(|line| line.starts_with("grpcurl ")) {
        let called = command.split_whitespace().last().unwrap_or_default();
        assert!(script.contains(called), "README.md shows a command that no test runs: {command}");
    }
}

/// grpcurl before 1.8.8 asks for this version of reflection only, and no later one can be made to.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reflection_speaks_v1alpha_too() {
    use tonic_reflection::pb::v1alpha::{
        ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
        server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
    };
    let server = Server::serve().await;
    let endpoint = tonic::transport::Endpoint::from_shared(server.url()).expect("the address is an endpoint");
    let mut client = ServerReflectionClient::new(endpoint.connect().await.expect("it listens"));
    let list = ServerReflectionRequest {
        message_request: Some(MessageRequest::ListServices(String::new())),
        ..Default::default()
    };
    let mut answers = client.server_reflection_info(tokio_stream::once(list)).await.expect("it is served").into_inner();
    let answer = answers.message().await.expect("it answers").expect("an answer").message_response;
    let Some(MessageResponse::ListServicesResponse(services)) = answer else { panic!("no list: {answer:?}") };
    assert!(services.service.iter().any(|service| service.name == "esteira.v1.WorkerService"), "{services:?}");
    server.stop().await;
}

/// The one block of commands of this package's README.
fn script() -> String {
    let readme = include_str!("../README.md");
    let (_, rest) = readme.split_once("```sh\n").expect("the README has a block of commands");
    rest.split_once("```").expect("the block ends").0.to_owned()
}

async fn run(script: &str) -> String {
    let tools = tools::tool("grpcurl").parent().map(ToOwned::to_owned).into_iter();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(tools.chain(std::env::split_paths(&path))).expect("a path list");
    let mut command = Command::new("bash");
    command.args(["-euo", "pipefail", "-c", script]).env("PATH", path).stdin(Stdio::null()).kill_on_drop(true);
    let output = within(COMMANDS_MAX, "the commands", command.output()).await.expect("bash starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}: {}\n{}", output.status, text(&output.stderr), text(&output.stdout));
    text(&output.stdout)
}
