//! What an expression refers to, and whether it may.

use super::{EXPRESSION_DEPTH_MAX, functions, path::Path};
use crate::error;
use cel::common::ast::{ComprehensionExpr, EntryExpr, Expr, IdedEntryExpr, IdedExpr, SourceInfo};
use esteira_engine::ExpressionError;

/// Walks the expression once; answers the paths that it reads, in the order of the source.
pub(super) fn check(
    expression: &IdedExpr,
    places: &SourceInfo,
    variables: &'static [&'static str],
) -> Result<Vec<Path>, ExpressionError> {
    let mut check = Check { places, variables, locals: Vec::new(), paths: Vec::new() };
    check.walk(expression, 0)?;
    Ok(check.paths)
}

struct Check<'a> {
    places: &'a SourceInfo,
    variables: &'static [&'static str],
    /// Variables of the macros around.
    locals: Vec<&'a str>,
    paths: Vec<Path>,
}

impl<'a> Check<'a> {
    fn walk(&mut self, node: &'a IdedExpr, depth: usize) -> Result<(), ExpressionError> {
        if depth > EXPRESSION_DEPTH_MAX {
            return Err(error::invalid(format!("nested more than {EXPRESSION_DEPTH_MAX} deep")));
        }
        if let Some(path) = Path::of(&node.expr) {
            return self.refer(node, path);
        }
        let depth = depth + 1;
        match &node.expr {
            Expr::Call(call) => {
                if let Some(why) = functions::refused(&call.func_name, call.target.is_some(), call.args.len()) {
                    return Err(self.refuse(node, &why));
                }
                call.target.iter().try_for_each(|target| self.walk(target, depth))?;
                call.args.iter().try_for_each(|argument| self.walk(argument, depth))
            }
            Expr::Comprehension(comprehension) => self.walk_macro(node, comprehension, depth),
            Expr::List(list) => list.elements.iter().try_for_each(|element| self.walk(element, depth)),
            Expr::Map(map) => map.entries.iter().try_for_each(|entry| self.walk_entry(entry, depth)),
            Expr::Select(select) => self.walk(&select.operand, depth),
            Expr::Literal(_) => Ok(()),
            Expr::Struct(_) => Err(self.refuse(node, "messages are not supported")),
            Expr::Ident(_) | Expr::Unspecified => Err(self.refuse(node, "not an expression")),
        }
    }

    fn walk_entry(&mut self, entry: &'a IdedEntryExpr, depth: usize) -> Result<(), ExpressionError> {
        match &entry.expr {
            EntryExpr::MapEntry(entry) => {
                self.walk(&entry.key, depth)?;
                self.walk(&entry.value, depth)
            }
            EntryExpr::StructField(field) => self.walk(&field.value, depth),
        }
    }

    fn walk_macro(
        &mut self,
        node: &IdedExpr,
        comprehension: &'a ComprehensionExpr,
        depth: usize,
    ) -> Result<(), ExpressionError> {
        self.walk(&comprehension.iter_range, depth)?;
        self.walk(&comprehension.accu_init, depth)?;
        let outside = self.locals.len();
        self.locals.push(&comprehension.accu_var);
        for name in [Some(&comprehension.iter_var), comprehension.iter_var2.as_ref()].into_iter().flatten() {
            // Two meanings of one name in one expression help nobody, and would hide what is read.
            if self.variables.contains(&name.as_str()) || functions::is_type(name) || name.starts_with('.') {
                return Err(self.refuse(node, &format!("`{name}` is taken; name the macro's variable otherwise")));
            }
            self.locals.push(name);
        }
        self.walk(&comprehension.loop_cond, depth)?;
        self.walk(&comprehension.loop_step, depth)?;
        self.walk(&comprehension.result, depth)?;
        self.locals.truncate(outside);
        Ok(())
    }

    /// Records a path, unless it names nothing that there is.
    fn refer(&mut self, node: &IdedExpr, path: Path) -> Result<(), ExpressionError> {
        if path.keys.len() > EXPRESSION_DEPTH_MAX {
            return Err(error::invalid(format!("a path of more than {EXPRESSION_DEPTH_MAX} keys")));
        }
        if self.locals.contains(&path.root.as_str()) {
            self.paths.push(path.into_local());
            return Ok(());
        }
        if !self.variables.contains(&path.root.as_str()) {
            let name = [std::slice::from_ref(&path.root), &path.keys].concat().join(".");
            return match functions::is_type(&name) {
                true => Ok(()),
                false => {
                    let known = self.variables.join(", ");
                    Err(self.refuse(root(node), &format!("unknown name `{}`; there is {known}", path.root)))
                }
            };
        }
        if path.root == "steps" && path.keys.get(1).is_none_or(|key| key != "output") {
            return Err(self.refuse(root(node), "`steps` is read as `steps.<key>.output` or `steps[\"key\"].output`"));
        }
        self.paths.push(path);
        Ok(())
    }

    fn refuse(&self, node: &IdedExpr, why: &str) -> ExpressionError {
        let Some((start, _)) = self.places.offset_for(node.id) else {
            return error::invalid(why);
        };
        let before: String = self.places.source.chars().take(start as usize).collect();
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|&char| char != '\n').count() + 1;
        error::invalid(format!("{line}:{column}: {why}"))
    }
}

/// Where a path begins: the parser places a selection at its dot.
fn root(node: &IdedExpr) -> &IdedExpr {
    match &node.expr {
        Expr::Select(select) => root(&select.operand),
        Expr::Call(call) => call.args.first().map_or(node, root),
        _ => node,
    }
}
