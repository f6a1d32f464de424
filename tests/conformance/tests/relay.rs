//! One document through a worker of each language, undisturbed and with each worker killed.

use esteira_conformance::{relay, sdk::Sdk, world::Database};

#[test]
fn a_document_comes_through_all_languages_as_it_was() {
    let sdks = Sdk::here(Sdk::all().expect("they can be read"));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime can be made");
    for sdk in &sdks {
        runtime.block_on(sdk.build()).expect("the worker can be built");
    }
    let said = relay::run(&sdks, Database::Sqlite).unwrap_or_else(|why| panic!("{why}"));
    println!("{said}");
}
