//! A run as one line: `fan=[1,2] b[1]=! pause a=7 resume +10`.
//!
//! | word | what happens |
//! | --- | --- |
//! | `a=7` | a worker runs `a` with the output `7` |
//! | `fan=[1,2]`, `a=()` | of type multiple, of type none |
//! | `a=!`, `a=~` | it fails for good, or in a way that a retry may heal |
//! | `a=x`, `a=t`, `a=r` | the lease is lost, the attempt times out, the task is handed back |
//! | `a=lease`, `a=block`, `a=unblock` | a worker takes it; another task has its aggregate; not any more |
//! | `a=late:7`, `a=late:!`, `a=late:~` | the report of the lease that `a` lost |
//! | `a=retry` | an operator has the failed task tried again |
//! | `pause`, `resume`, `cancel`, `terminate`, `deadline` | the root job |
//! | `+10` | ten seconds pass |
//! | `*` | everything else goes well |

use super::{World, broken, hiccup, many, nothing, one, secs};
use esteira_engine::Completion;
use esteira_model::JobAction;

impl World {
    /// Plays a script. What makes no sense panics.
    pub fn play(&mut self, script: &str) -> &mut Self {
        for word in script.split_whitespace() {
            match word.split_once('=') {
                Some((name, action)) => self.act(name, action),
                None => self.operate(word),
            }
        }
        self
    }

    fn operate(&mut self, word: &str) {
        let action = match word {
            "*" => return self.finish(),
            "deadline" => return drop(self.deadline()),
            "pause" => JobAction::Pause,
            "resume" => JobAction::Resume,
            "cancel" => JobAction::Cancel,
            "terminate" => JobAction::Terminate,
            _ => return self.pass(secs(word.strip_prefix('+').and_then(|n| n.parse().ok()).expect("+seconds"))),
        };
        self.control(action, word).unwrap_or_else(|refusal| panic!("{word}: {refusal:?}"));
    }

    fn act(&mut self, name: &str, action: &str) {
        match action {
            "!" => drop(self.fail(name, broken())),
            "~" => drop(self.fail(name, hiccup())),
            "x" => drop(self.expire(name)),
            "t" => drop(self.time_out(name)),
            "r" => drop(self.release(name)),
            "lease" => self.lease(self.find(name)),
            "block" => self.block(name),
            "unblock" => drop(self.unblock(name)),
            "retry" => drop(self.retry(name).unwrap_or_else(|refusal| panic!("{name}: {refusal:?}"))),
            "late:!" => drop(self.late_fail(name, broken())),
            "late:~" => drop(self.late_fail(name, hiccup())),
            _ => match action.strip_prefix("late:") {
                Some(output) => drop(self.late_done(name, completion(output))),
                None => drop(self.done(name, completion(action))),
            },
        }
    }
}

fn completion(text: &str) -> Completion {
    match (text, text.strip_prefix('[').and_then(|items| items.strip_suffix(']'))) {
        ("()", _) => nothing(),
        (_, Some("")) => many(&[]),
        (_, Some(items)) => many(&items.split(',').collect::<Vec<_>>()),
        _ => one(text),
    }
}
