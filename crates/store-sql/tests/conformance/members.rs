//! Coordinators of one store, and the leases of a poll that comes again at another one.

use crate::fixture::{Store, kind, leased};
use esteira_model::Time;
use esteira_store::{Batch, Kind, Leased, Member};

conformance! {
    members: coordinators_are_listed_by_number;
    insert_member: a_number_is_given_once;
    renew_member: only_the_process_itself_says_that_it_lives;
    forget_member: a_number_that_was_left_is_free;
    leases_of_poll: a_poll_finds_its_own_leases;
}

fn member(store: &mut Store, node: u16) -> Member {
    Member {
        node,
        instance: store.ids.uuid(),
        address: "127.0.0.1:7440".into(),
        start_time: Time(5),
        expire_time: Time(10),
    }
}

async fn coordinators_are_listed_by_number(store: &mut Store) {
    let members = [member(store, 1), member(store, 0), member(store, 1023)];
    let mut unit = store.unit().await;
    assert_eq!(unit.members().await.expect("reads"), []);
    for member in &members {
        unit.insert_member(member).await.expect("inserted");
    }
    let [one, zero, last] = members;
    assert_eq!(unit.members().await.expect("reads"), [zero, one, last]);
}

async fn a_number_is_given_once(store: &mut Store) {
    let (first, second) = (member(store, 3), member(store, 3));
    let mut unit = store.unit().await;
    unit.insert_member(&first).await.expect("inserted");
    unit.commit().await.expect("commits");
    assert_eq!(kind(store.unit().await.insert_member(&second).await), Kind::Duplicate);
    assert_eq!(store.unit().await.members().await.expect("reads"), [first]);
}

async fn only_the_process_itself_says_that_it_lives(store: &mut Store) {
    let (first, other) = (member(store, 3), member(store, 4));
    let mut unit = store.unit().await;
    unit.insert_member(&first).await.expect("inserted");
    assert!(unit.renew_member(3, first.instance, Time(20)).await.expect("renews"));
    assert!(!unit.renew_member(3, other.instance, Time(30)).await.expect("renews"));
    assert!(!unit.renew_member(4, first.instance, Time(30)).await.expect("renews"));
    assert_eq!(unit.members().await.expect("reads"), [Member { expire_time: Time(20), ..first }]);
}

async fn a_number_that_was_left_is_free(store: &mut Store) {
    let (first, second) = (member(store, 3), member(store, 3));
    let mut unit = store.unit().await;
    unit.insert_member(&first).await.expect("inserted");
    unit.forget_member(3, second.instance).await.expect("nothing to forget");
    assert_eq!(unit.members().await.expect("reads").len(), 1);
    unit.forget_member(3, first.instance).await.expect("forgotten");
    unit.insert_member(&second).await.expect("inserted");
}

async fn a_poll_finds_its_own_leases(store: &mut Store) {
    let of = |store: &mut Store, worker: &str, request: &str| Leased {
        worker_id: worker.into(),
        request_id: request.into(),
        ..leased(&store.any_task(), 1, 9)
    };
    let own = [of(store, "w", "r"), of(store, "w", "r")];
    let others = [of(store, "w", "other"), of(store, "v", "r")];
    let all = own.iter().chain(&others).cloned().collect();
    store.write(Batch { leased: all, ..Batch::default() }).await;
    let found = store.unit().await.leases_of_poll("w", "r").await.expect("reads");
    let mut expected = own.map(|leased| leased.task.id);
    expected.sort();
    assert_eq!(found.iter().map(|live| live.task.id).collect::<Vec<_>>(), expected);
    assert!(store.unit().await.leases_of_poll("w", "").await.expect("reads").is_empty());
}
