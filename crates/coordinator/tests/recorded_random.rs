//! I14 over random plans: whatever their shape, the rows give back the leaves byte by byte; on both databases, and with two
//! coordinators that work on the same jobs.

mod recorded;
mod world;

use esteira_coordinator::{
    Grant, Reason, Settings,
    catalog::PlanKey,
    plans::PublishPlanVersion,
    work::{Reported, ReportedOutput},
};
use esteira_model::{Failure, FailureKind, OutputType, Payload};
use esteira_testkit::Postgres;
use recorded::{checked, worked};
use world::{World, completed, failed, single};

/// Numbers that look random and are the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// A plan whose edges lead forward, of all kinds of steps.
fn random_plan(chance: &mut Chance) -> String {
    let count = 2 + chance.below(6);
    let mut steps = Vec::new();
    for i in 0..count {
        let run = match chance.below(12) {
            0..4 => r#""function":"one""#.to_owned(),
            4..7 => format!(r#""function":"many.{}","output":"multiple""#, [0, 1, 2, 3][chance.below(4) as usize]),
            7 => r#""function":"none","output":"none""#.to_owned(),
            8 => r#""function":"condition""#.to_owned(),
            9 => r#""function":"hiccup","retry":{"initial_backoff":"1ms"}"#.to_owned(),
            10 => r#""function":"odd","retry":{"max_attempts":1}"#.to_owned(),
            _ => r#""sub_plan":{"plan":"child"}"#.to_owned(),
        };
        let mut next = Vec::new();
        for to in i + 1..count {
            if to == i + 1 || chance.percent(25) {
                let condition = if chance.percent(15) { "output != 1" } else { "" };
                next.push(format!(r#"{{"step_key":"s{to}","condition":"{condition}"}}"#));
            }
        }
        let join = if chance.percent(40) && i > 0 { r#","join":"all""# } else { "" };
        let on_failure = if chance.percent(15) && i + 2 < count {
            format!(r#","on_failure_step":"s{}""#, i + 2)
        } else {
            String::new()
        };
        let next = if next.is_empty() { String::new() } else { format!(r#","next":[{}]"#, next.join(",")) };
        steps.push(format!(r#"{{"step_key":"s{i}",{run}{join}{on_failure}{next}}}"#));
    }
    format!(r#"{{"name":"p","steps":[{}]}}"#, steps.join(","))
}

fn outcome(grant: &Grant) -> Reported {
    let number = grant.input.as_json().and_then(|json| json.parse::<u32>().ok());
    match &*grant.function {
        "hiccup" if grant.attempt == 1 => failed("HICCUP"),
        "odd" if number.is_some_and(|number| number % 2 == 1) => {
            Reported::Failed(Failure::engine(FailureKind::NonRetryable, "ODD", "it is odd"), None)
        }
        _ => match grant.output_type {
            OutputType::None => completed(ReportedOutput::None),
            OutputType::Single => single(&number.unwrap_or(7).to_string()),
            OutputType::Multiple => {
                let count: usize = grant.function.trim_start_matches("many.").parse().expect("how many");
                completed(ReportedOutput::Multiple((0..count).map(|i| Payload::json(i.to_string())).collect()))
            }
        },
    }
}

/// Runs `plans` random plans, each a few times at once.
async fn run(worlds: &[&World], seed: u64, plans: usize) {
    let mut chance = Chance(seed);
    let world = worlds[0];
    world.publish("child", r#"{"step_key":"x","function":"many.2","output":"multiple"}"#).await;
    let mut ran = 0;
    for _ in 0..plans * 100 {
        let definition_json = random_plan(&mut chance);
        let ask = PublishPlanVersion {
            request: None,
            plan: PlanKey::Name("p".into()),
            project: None,
            definition_json: definition_json.clone(),
            expected_latest_version: None,
            make_default: true,
        };
        match world.coordinator.publish_plan_version(&world.principal, ask).await {
            Ok(_) => {}
            Err(error) if error.reason == Reason::PlanInvalid => continue,
            Err(error) => panic!("{error}: {definition_json}"),
        }
        for input in ["1", "2"] {
            let job = world.start("p", input).await;
            worked(worlds, job.id, outcome).await;
        }
        ran += 1;
        if ran == plans {
            break;
        }
    }
    assert_eq!(ran, plans, "too few random plans are valid");
    let leaves = checked(world).await;
    let kinds = leaves.kinds();
    println!("{kinds:?}");
    assert!(kinds[0].1 > plans, "hardly anything was attempted: {kinds:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sqlite() {
    run(&[&World::new().await], 0x9E37_79B9_7F4A_7C15, 40).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres_with_two_coordinators() {
    let postgres = Postgres::shared();
    let name = postgres.fresh_name();
    postgres.run("postgres", &format!("CREATE DATABASE {name}"));
    let url = postgres.url(&name);
    let (first, second) = (World::on(&url, Settings::default()).await, World::on(&url, Settings::default()).await);
    run(&[&first, &second], 0xD1B5_4A32_D192_ED03, 25).await;
}
