use super::*;
use proptest::{collection::vec, prelude::*};

const NOW: Time = Time(1_000_000_000_000);

fn account() -> AccountId {
    AccountId::new("a")
}

fn info(id: &str, function: &str) -> Info {
    let served = Served { name: function.into(), version: "1".into(), output_type: None, summary: String::new() };
    Info { worker_id: id.into(), functions: vec![served], ..Info::default() }
}

fn later(seconds: u64) -> Time {
    NOW.after(Duration::from_secs(seconds))
}

/// What one tells the others, as they read it.
fn told(workers: &Workers, now: Time) -> Vec<Listed> {
    workers.listed(now, |_| false)
}

#[test]
fn a_drain_reaches_all_and_ends_with_the_registration() {
    let [one, two, three] = [(); 3].map(|()| Workers::default());
    two.register(&account(), info("w", "f"), NOW);
    one.drain(&account(), "w", Some(Duration::from_secs(5)), later(1));
    let key = (account(), "w".to_owned());
    assert_eq!(two.replace_elsewhere(told(&one, later(1))), std::slice::from_ref(&key));
    assert_eq!(two.replace_elsewhere(told(&one, later(1))), [], "it is not new again");
    assert!(two.polled(&account(), "w", &[], later(2)).0);
    assert_eq!([later(5), later(6)].map(|now| two.is_grace_over(&account(), "w", now)), [false, true]);
    // A third one hears of it before the worker comes.
    assert_eq!(three.replace_elsewhere(told(&two, later(2))), [key]);

    assert!(two.register(&account(), info("w", "g"), later(3)));
    assert!(!two.polled(&account(), "w", &[], later(3)).0);
    let all = || [told(&one, later(3)), told(&two, later(3)), told(&three, later(3))].concat();
    for order in [all(), all().into_iter().rev().collect()] {
        // In whatever order the lists of others come, an old one of the third among them.
        two.replace_elsewhere(order.clone());
        assert!(!two.polled(&account(), "w", &[], later(3)).0);
        one.replace_elsewhere(order);
        assert!(!one.polled(&account(), "w", &[], later(3)).0);
    }
}

#[test]
fn what_is_known_elsewhere_is_listed_served_and_forgotten() {
    let [one, two] = [(); 2].map(|()| Workers::default());
    one.register(&account(), info("w", "f"), NOW);
    two.replace_elsewhere(told(&one, NOW));
    assert_eq!(two.list(&account(), NOW)[0].info, info("w", "f"));
    assert_eq!(two.list(&AccountId::new("b"), NOW), []);
    assert!(two.knows(&account(), "w") && !two.is_registered(&account(), "w"));
    let serves = |function: &str, version: &str, now| two.serve(&account(), function, version, now, |_| false);
    assert!(serves("f", "1", NOW) && serves("f", "", NOW) && !serves("f", "2", NOW) && !serves("g", "", NOW));
    two.replace_elsewhere(told(&one, later(20)));
    assert!(!serves("f", "", later(20)), "it was not heard from for a while, and is not there");
    two.polled(&account(), "w", &["f".to_owned()], later(30));
    let [listed] = &two.list(&account(), later(30))[..] else { panic!("one worker") };
    assert_eq!((&listed.info, listed.first_seen, listed.last_seen), (&info("w", "f"), NOW, later(30)));
    assert_eq!(two.list(&account(), later(700)), []);
    assert_eq!(told(&one, later(700)), []);
}

#[test]
fn a_list_changes_once_a_minute_when_nothing_but_the_time_does() {
    let workers = Workers::default();
    workers.register(&account(), info("w", "f"), NOW);
    let mut lists = Vec::new();
    for second in 0..180 {
        workers.polled(&account(), "w", &[], later(second));
        lists.push(told(&workers, later(second)));
    }
    lists.dedup();
    assert!((3..=4).contains(&lists.len()), "{} lists", lists.len());
}

fn seen() -> impl Strategy<Value = Seen> {
    let times = (0i64..5, 0i64..5, proptest::option::of(0i64..5), proptest::option::of(0i64..5));
    ("[fg]?", times).prop_map(|(function, (first, last, registered, drained))| Seen {
        info: if function.is_empty() { Seen::unregistered("w", NOW).info } else { info("w", &function) },
        first_seen: Time(first),
        last_seen: Time(last),
        register_time: registered.map(Time),
        drain: drained
            .filter(|drained| registered.is_none_or(|registered| registered <= *drained))
            .map(|time| Drain { time: Time(time), grace_end: None }),
    })
}

proptest! {
    /// Lists come in any order, late and twice.
    #[test]
    fn knowledge_of_a_worker_is_the_same_in_whatever_order_it_comes(all in vec(seen(), 1..5)) {
        let joined = |all: &mut dyn Iterator<Item = &Seen>| {
            let mut first = all.next().expect("one").clone();
            all.for_each(|next| first.join(next));
            (first.register_time, first.first_seen, first.last_seen, first.drain)
        };
        let once = joined(&mut all.iter());
        prop_assert_eq!(&once, &joined(&mut all.iter().rev()));
        prop_assert_eq!(&once, &joined(&mut all.iter().chain(all.iter())));
    }
}
