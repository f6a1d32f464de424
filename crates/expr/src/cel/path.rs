//! Static paths of an expression: a variable and the keys that follow it, `output.lead["e-mail"]`.

use cel::common::ast::{Expr, IdedExpr, LiteralValue, operators};
use std::fmt;

/// A variable and the keys that are read from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Path {
    /// The variable.
    pub(crate) root: String,
    /// The keys, outermost first.
    pub(crate) keys: Vec<String>,
    /// Whether the variable belongs to a macro (`x` in `list.all(x, ..)`), not to the scope.
    local: bool,
}

impl Path {
    /// The path that an expression spells, if it is nothing but a path. `has(a.b)` spells `a.b`.
    pub(crate) fn of(expression: &Expr) -> Option<Self> {
        match expression {
            Expr::Select(select) if select.test => Self::of_value(&select.operand).map(|path| path.then(&select.field)),
            other => Self::of_expr(other),
        }
    }

    /// The path that a JSON Pointer spells: the variable, then the keys.
    pub(crate) fn of_keys<'k>(mut keys: impl Iterator<Item = &'k str>) -> Self {
        let root = keys.next().unwrap_or("").to_owned();
        Self { root, keys: keys.map(str::to_owned).collect(), local: false }
    }

    fn of_value(expression: &IdedExpr) -> Option<Self> {
        Self::of_expr(&expression.expr)
    }

    fn of_expr(expression: &Expr) -> Option<Self> {
        match expression {
            Expr::Ident(name) => Some(Self { root: name.clone(), keys: Vec::new(), local: false }),
            Expr::Select(select) if !select.test => {
                Self::of_value(&select.operand).map(|path| path.then(&select.field))
            }
            Expr::Call(call) if call.func_name == operators::INDEX => match call.args.as_slice() {
                [target, IdedExpr { expr: Expr::Literal(LiteralValue::String(key)), .. }] => {
                    Self::of_value(target).map(|path| path.then(key.inner()))
                }
                _ => None,
            },
            _ => None,
        }
    }

    fn then(mut self, key: &str) -> Self {
        self.keys.push(key.to_owned());
        self
    }

    /// The same path, of a macro's variable.
    pub(crate) fn into_local(mut self) -> Self {
        self.local = true;
        self
    }

    /// Whether the variable belongs to a macro.
    pub(crate) fn is_local(&self) -> bool {
        self.local
    }

    /// The first keys of it.
    pub(crate) fn up_to(&self, keys: usize) -> Self {
        Self { root: self.root.clone(), keys: self.keys[..keys].to_vec(), local: self.local }
    }
}

/// As CEL would spell it.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.root)?;
        for key in &self.keys {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
            match key.bytes().all(plain) && !key.starts_with(|first: char| first.is_ascii_digit()) && !key.is_empty() {
                true => write!(f, ".{key}")?,
                false => write!(f, "[{key:?}]")?,
            }
        }
        Ok(())
    }
}
