//! Puts the functions of [`work`](super::work) into a parsed expression, where values are copied, compared as a
//! whole or looped over.

use super::work::{ADD, PATTERN, RANGE, SCAN, SEARCH, STEP, WEIGH};
use cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedExpr, LiteralValue, operators};

/// Rewrites an expression so that its work is counted.
pub(super) fn meter(expression: &mut IdedExpr) {
    visit(expression, false);
}

fn visit(node: &mut IdedExpr, in_loop: bool) {
    match &mut node.expr {
        Expr::Call(call) => {
            call.target.iter_mut().for_each(|target| visit(target, in_loop));
            call.args.iter_mut().for_each(|argument| visit(argument, in_loop));
            visit_call(call, in_loop);
        }
        Expr::Comprehension(comprehension) => visit_macro(comprehension, in_loop),
        Expr::List(list) => list.elements.iter_mut().for_each(|element| {
            visit(element, in_loop);
            wrap(element, WEIGH);
        }),
        Expr::Map(map) => map.entries.iter_mut().for_each(|entry| {
            if let EntryExpr::MapEntry(entry) = &mut entry.expr {
                visit(&mut entry.key, in_loop);
                visit(&mut entry.value, in_loop);
                wrap(&mut entry.value, WEIGH);
            }
        }),
        Expr::Select(select) => visit(&mut select.operand, in_loop),
        Expr::Ident(_) | Expr::Literal(_) | Expr::Struct(_) | Expr::Unspecified => {}
    }
}

fn visit_call(call: &mut CallExpr, in_loop: bool) {
    match (call.func_name.as_str(), call.args.as_mut_slice()) {
        (operators::ADD, [left, right]) if !is_number(left) && !is_number(right) => {
            call.func_name = ADD.to_owned();
        }
        // Beside a literal the comparison ends with the literal.
        (operators::EQUALS | operators::NOT_EQUALS, [left, right]) if !is_literal(left) && !is_literal(right) => {
            wrap(left, WEIGH);
            wrap(right, WEIGH);
        }
        (operators::IN, [_, right]) if !matches!(right.expr, Expr::List(_)) => wrap(right, SEARCH),
        ("matches", [.., regex]) => {
            wrap_always(regex, PATTERN);
            if let Some(text) = &mut call.target {
                wrap(text, SCAN);
            }
        }
        (name, arguments) if in_loop && is_linear(name) => {
            call.target.iter_mut().for_each(|target| wrap(target, SCAN));
            arguments.iter_mut().for_each(|argument| wrap(argument, SCAN));
        }
        _ => {}
    }
}

/// Whether a call may read all of a text.
fn is_linear(name: &str) -> bool {
    let ordered = [operators::LESS, operators::LESS_EQUALS, operators::GREATER, operators::GREATER_EQUALS];
    ordered.contains(&name) || ["contains", "size", "string", "bytes", "int", "double", "timestamp"].contains(&name)
}

fn visit_macro(comprehension: &mut ComprehensionExpr, in_loop: bool) {
    visit(&mut comprehension.iter_range, in_loop);
    wrap_always(&mut comprehension.iter_range, RANGE);
    visit_step(&mut comprehension.loop_step, &comprehension.accu_var, &comprehension.iter_var, false);
    // `all` and `exists` go on after an error; an error of their loop condition stops them. The loop
    // condition of the others must stay a literal: the interpreter knows their form by it.
    wrap(&mut comprehension.loop_cond, WEIGH);
}

/// Meters what the author wrote inside a loop and leaves the frame that the macro put around it: the
/// interpreter knows `map`, `filter`, `all` and `exists` by the form of that frame.
///
/// `item_weighed`: the guard of the loop has taken the weight of the item.
fn visit_step(node: &mut IdedExpr, result: &str, item: &str, item_weighed: bool) {
    let is_result = |node: &IdedExpr| matches!(&node.expr, Expr::Ident(name) if name == result);
    if let Expr::Call(call) = &mut node.expr {
        match (call.func_name.as_str(), call.args.as_mut_slice()) {
            (operators::LOGICAL_AND | operators::LOGICAL_OR, [left, right]) if is_result(left) => {
                return visit_item(right, item);
            }
            (operators::ADD, [left, right]) if is_result(left) => {
                if let Expr::List(list) = &mut right.expr {
                    list.elements.iter_mut().for_each(|element| match item_weighed {
                        true => {
                            visit(element, true);
                            wrap(element, WEIGH);
                        }
                        false => visit_item(element, item),
                    });
                }
                return;
            }
            (operators::CONDITIONAL, [guard, then, otherwise]) if is_result(otherwise) => {
                visit_item(guard, item);
                return visit_step(then, result, item, true);
            }
            _ => {}
        }
    }
    visit_item(node, item);
}

fn visit_item(node: &mut IdedExpr, item: &str) {
    visit(node, true);
    let item = IdedExpr { id: node.id, expr: Expr::Ident(item.to_owned()) };
    call(node, STEP, vec![item]);
}

fn wrap(node: &mut IdedExpr, function: &str) {
    if !is_literal(node) {
        call(node, function, Vec::new());
    }
}

fn wrap_always(node: &mut IdedExpr, function: &str) {
    call(node, function, Vec::new());
}

fn call(node: &mut IdedExpr, function: &str, mut more: Vec<IdedExpr>) {
    let id = node.id;
    more.insert(0, std::mem::take(node));
    *node = IdedExpr { id, expr: Expr::Call(CallExpr { func_name: function.to_owned(), target: None, args: more }) };
}

fn is_literal(node: &IdedExpr) -> bool {
    matches!(node.expr, Expr::Literal(_))
}

fn is_number(node: &IdedExpr) -> bool {
    use LiteralValue::{Double, Int, UInt};
    matches!(node.expr, Expr::Literal(Int(_) | UInt(_) | Double(_)))
}
