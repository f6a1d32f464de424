//! Checks every expression of a plan and derives what has to be loaded for it.

use crate::{
    Issue,
    graph::{Needs, is_join},
    graph_shape::Shape,
    ports::{Evaluate, ExpressionError, References},
};
use esteira_model::{OutputType, Plan, Run};

/// For each step what building its input needs and what its end needs, and what is wrong.
pub(crate) fn check(plan: &Plan, shape: &Shape, evaluate: &dyn Evaluate) -> (Vec<(Needs, Needs)>, Vec<Issue>) {
    let mut issues = Vec::new();
    for (index, policy) in plan.policies.iter().enumerate() {
        if let Err(error) = evaluate.check_policy(&policy.condition) {
            issues.push(bad(format!("/policies/{index}/condition"), &error));
        }
    }
    let mut templates = Vec::new();
    let mut conditions = Vec::new();
    for (index, step) in plan.steps.iter().enumerate() {
        let at = index as u16;
        let mut template = Needs { input: !step.input_policies.is_empty(), ..Needs::default() };
        if !step.input_template_json.is_empty() {
            template.input = true;
            let path = format!("/steps/{index}/input");
            match evaluate.check_template(&step.input_template_json) {
                Ok(references) if references.output => issues.push(Issue::error(
                    path,
                    "EXPRESSION_INVALID",
                    "a template builds the input: there is no `output` yet",
                )),
                Ok(references) => resolve(&references, &path, at, shape, &mut template, &mut issues),
                Err(error) => issues.push(bad(path, &error)),
            }
        }
        templates.push(template);
        let mut condition = Needs::default();
        for (place, next) in step.next.iter().enumerate().filter(|(_, next)| !next.condition.is_empty()) {
            condition.input = true;
            let path = format!("/steps/{index}/next/{place}/condition");
            match evaluate.check_condition(&next.condition) {
                Ok(references) => resolve(&references, &path, at, shape, &mut condition, &mut issues),
                Err(error) => issues.push(bad(path, &error)),
            }
        }
        conditions.push(condition);
    }
    (combine(plan, shape, &templates, &conditions), issues)
}

fn bad(path: String, error: &ExpressionError) -> Issue {
    Issue::error(path, error.code, error.message.clone())
}

fn resolve(references: &References, path: &str, at: u16, shape: &Shape, needs: &mut Needs, issues: &mut Vec<Issue>) {
    needs.job_input |= references.job_input;
    for key in &references.steps {
        match shape.index.get(key.as_str()) {
            None => issues.push(Issue::error(path, "STEP_UNKNOWN", format!("there is no step `{key}`"))),
            Some(&of) => match shape.can_read(of, at) {
                Ok(()) => {
                    needs.steps.insert(of);
                }
                Err(why) => issues.push(Issue::error(path, "STEP_NOT_READABLE", format!("`{key}` {why}"))),
            },
        }
    }
}

/// Beginning a native step ends it in the same transition, so its needs include those of what follows; a cycle is impossible here.
fn combine(plan: &Plan, shape: &Shape, templates: &[Needs], conditions: &[Needs]) -> Vec<(Needs, Needs)> {
    let count = plan.steps.len();
    let mut done: Vec<Option<(Needs, Needs)>> = vec![None; count];
    // Followers first: a step has more ancestors than each of its own ancestors.
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_key(|&step| std::cmp::Reverse(shape.ancestors[step].len()));
    for step in order {
        let mut end = conditions[step].clone();
        // The input flows on when there is no output, is judged again for the record, and goes into a failure's document.
        let passes_on = plan.steps[step].output_type == OutputType::None
            || !matches!(plan.steps[step].run, Run::Function(_) | Run::SubPlan { .. });
        end.input |= !plan.steps[step].input_policies.is_empty() || shape.on_failure[step].is_some();
        end.input |= passes_on && !plan.steps[step].output_policies.is_empty();
        for to in
            shape.edges[step].iter().map(|edge| usize::from(edge.to)).chain(shape.on_failure[step].map(usize::from))
        {
            let followed = done[to].as_ref().map_or(&templates[to], |(begin, _)| begin);
            end.input |= passes_on && followed.input;
            end.job_input |= followed.job_input;
            end.steps.extend(&followed.steps);
        }
        let mut begin = templates[step].clone();
        if plan.steps[step].run == Run::Condition {
            begin.add(&end);
        }
        // An input that cannot be built or is refused goes to the step that takes the failure, in the same transition.
        let refusable = !plan.steps[step].input_template_json.is_empty()
            || !plan.steps[step].input_policies.is_empty()
            || is_join(&plan.steps[step]);
        if let (Some(to), true) = (shape.on_failure[step], refusable) {
            let handler = done[usize::from(to)].as_ref().map_or(&templates[usize::from(to)], |(begin, _)| begin);
            begin.job_input |= handler.job_input;
            begin.steps.extend(&handler.steps);
        }
        done[step] = Some((begin, end));
    }
    done.into_iter().map(Option::unwrap_or_default).collect()
}
