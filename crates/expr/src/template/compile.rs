//! From the text of a template to its parts; everything that can be wrong with it is found here.

use super::{Part, Parts, Reference, Source, Template};
use crate::{
    cel::{Path, Program, Wanted},
    error,
    evaluator::TEMPLATE_VARIABLES,
    json::check_json,
    pointer,
    scan::Cursor,
};
use esteira_engine::ExpressionError;

/// Most operators in a template. Each may read through all of a payload.
const OPERATORS_MAX: usize = 1_000;
const ROOTS: &str = "/input, /item, /steps/<key>/output, /job and /config";

impl Template {
    /// Parses and checks a template.
    pub(crate) fn compile(source: &str) -> Result<Self, ExpressionError> {
        check_json(source).map_err(|problem| error::invalid(format!("not acceptable JSON: {problem}")))?;
        let mut compiler = Compiler { paths: Vec::new(), cel_paths: Vec::new(), operators: 0 };
        // Space around the value would hide that it is a lone reference.
        let value = Cursor::new(source).value().ok_or_else(unreadable)?;
        let parts = compiler.parts(value, &mut String::new())?;
        let wanted = Wanted::by(compiler.cel_paths.iter());
        Ok(Self { parts, paths: compiler.paths, wanted })
    }
}

struct Compiler {
    paths: Vec<Path>,
    cel_paths: Vec<Path>,
    operators: usize,
}

impl Compiler {
    /// The parts of a value. `at` is its JSON Pointer in the template, for messages.
    fn parts(&mut self, text: &str, at: &mut String) -> Result<Parts, ExpressionError> {
        let mut parts = Builder { text, copied: 0, parts: Vec::new() };
        let mut cursor = Cursor::new(text);
        self.value(&mut cursor, &mut parts, at)?;
        Ok(parts.finish())
    }

    fn value(
        &mut self,
        cursor: &mut Cursor<'_>,
        parts: &mut Builder<'_>,
        at: &mut String,
    ) -> Result<(), ExpressionError> {
        match cursor.peek() {
            Some(b'{') => {
                if let Some((name, argument)) = operator(cursor.clone(), at)? {
                    let begin = cursor.offset();
                    cursor.value().ok_or_else(unreadable)?;
                    let part = self.operator(&name, argument, at)?;
                    parts.put(begin, cursor.position(), part);
                    return Ok(());
                }
                self.members(cursor, parts, at, b'{')
            }
            Some(b'[') => self.members(cursor, parts, at, b'['),
            _ => cursor.value().map(|_| ()).ok_or_else(unreadable),
        }
    }

    fn members(
        &mut self,
        cursor: &mut Cursor<'_>,
        parts: &mut Builder<'_>,
        at: &mut String,
        bracket: u8,
    ) -> Result<(), ExpressionError> {
        cursor.enter(bracket).ok_or_else(unreadable)?;
        let mut index = 0_usize;
        let parent = at.len();
        while cursor.more().ok_or_else(unreadable)? {
            at.push('/');
            match bracket {
                b'{' => at.push_str(&crate::scan::escape_pointer(&cursor.key().ok_or_else(unreadable)?.text())),
                _ => at.push_str(&index.to_string()),
            }
            self.value(cursor, parts, at)?;
            at.truncate(parent);
            index += 1;
        }
        Ok(())
    }

    fn operator(&mut self, name: &str, argument: &str, at: &mut String) -> Result<Part, ExpressionError> {
        self.operators += 1;
        if self.operators > OPERATORS_MAX {
            return Err(error::invalid(format!("more than {OPERATORS_MAX} operators")));
        }
        match name {
            "$ref" => self.reference(&string(argument, name, at)?).map_err(|why| refuse(at, &why)).map(Part::Ref),
            "$cel" => {
                let source = string(argument, name, at)?;
                let program = Program::compile(&source, TEMPLATE_VARIABLES).map_err(|problem| ExpressionError {
                    message: format!("{}{}", place(at), problem.message),
                    ..problem
                })?;
                self.paths.extend(program.paths().cloned());
                self.cel_paths.extend(program.paths().cloned());
                Ok(Part::Cel(program))
            }
            "$default" => self.operands(argument, name, at).map(Part::Default),
            "$concat" => {
                let operands = self.operands(argument, name, at)?;
                // What is not an operator is known now.
                if operands.iter().any(|parts| matches!(&parts[..], [Part::Text(text)] if !text.starts_with('"'))) {
                    let why = format!("{}`$concat` joins strings; a number is not text", place(at));
                    return Err(error::wrong_type(why));
                }
                Ok(Part::Concat(operands))
            }
            "$literal" => Ok(Part::Text(argument.into())),
            _ => Err(refuse(at, &format!("unknown operator `{name}`; `$literal` keeps an object as it is"))),
        }
    }

    fn operands(&mut self, argument: &str, name: &str, at: &mut String) -> Result<Vec<Parts>, ExpressionError> {
        let mut cursor = Cursor::new(argument);
        let mut operands = Vec::new();
        if cursor.enter(b'[').is_some() {
            let parent = at.len();
            while cursor.more().ok_or_else(unreadable)? {
                at.push_str(&format!("/{name}/{}", operands.len()));
                operands.push(self.parts(cursor.value().ok_or_else(unreadable)?, at)?);
                at.truncate(parent);
            }
        }
        match operands.is_empty() {
            true => Err(refuse(at, &format!("`{name}` takes an array with at least one element"))),
            false => Ok(operands),
        }
    }

    fn reference(&mut self, pointer: &str) -> Result<Reference, String> {
        let mut tokens = pointer::parse(pointer).map_err(str::to_owned)?;
        let path = Path::of_keys(tokens.iter().map(|token| &*token.key));
        let key = |at: usize| tokens.get(at).map(|token| &*token.key);
        let (source, skip) = match (key(0), key(1), key(2)) {
            (Some("input"), ..) => (Source::Input, 1),
            (Some("item"), ..) => (Source::Item, 1),
            (Some("steps"), Some(step), Some("output")) => (Source::Step(step.into()), 3),
            (Some("job"), Some("input"), _) => (Source::JobInput, 2),
            (Some("job"), ..) => (Source::Job, 1),
            (Some("config"), ..) => (Source::Config, 1),
            _ => return Err(format!("`{pointer}` begins nowhere: the roots are {ROOTS}")),
        };
        self.paths.push(path);
        let tokens = tokens.split_off(skip);
        Ok(Reference { pointer: pointer.into(), source, tokens })
    }
}

/// The operator that the next object is, if it is one: its name and the text of its argument.
fn operator<'a>(mut cursor: Cursor<'a>, at: &str) -> Result<Option<(String, &'a str)>, ExpressionError> {
    cursor.enter(b'{').ok_or_else(unreadable)?;
    let mut found = None;
    let mut keys = 0;
    while cursor.more().ok_or_else(unreadable)? {
        let key = cursor.key().ok_or_else(unreadable)?.text();
        let argument = cursor.value().ok_or_else(unreadable)?;
        keys += 1;
        if key.starts_with('$') && found.is_none() {
            found = Some((key.into_owned(), argument));
        }
    }
    match found {
        // Silence here would let a typing error, or a second key, turn an operator into data.
        Some((name, _)) if keys > 1 => Err(refuse(
            at,
            &format!("`{name}` beside other keys is neither an operator nor data; wrap it in `$literal` if it is data"),
        )),
        operator => Ok(operator),
    }
}

fn string(argument: &str, name: &str, at: &str) -> Result<String, ExpressionError> {
    let raw = Cursor::new(argument).string();
    let raw = raw.ok_or_else(|| refuse(at, &format!("`{name}` takes a string")))?;
    Ok(raw.text().into_owned())
}

fn place(at: &str) -> String {
    if at.is_empty() { String::new() } else { format!("at {at}: ") }
}

fn refuse(at: &str, why: &str) -> ExpressionError {
    error::invalid(format!("{}{why}", place(at)))
}

/// Cannot happen: the text was checked.
fn unreadable() -> ExpressionError {
    error::invalid("not acceptable JSON")
}

/// Cuts text into parts.
struct Builder<'a> {
    text: &'a str,
    copied: usize,
    parts: Parts,
}

impl Builder<'_> {
    /// Puts a part in the place of the text from `begin` to `end`.
    fn put(&mut self, begin: usize, end: usize, part: Part) {
        self.copy_to(begin);
        self.parts.push(part);
        self.copied = end;
    }

    fn copy_to(&mut self, end: usize) {
        if let Some(text) = self.text.get(self.copied..end).filter(|text| !text.is_empty()) {
            self.parts.push(Part::Text(text.into()));
        }
    }

    fn finish(mut self) -> Parts {
        self.copy_to(self.text.len());
        self.parts
    }
}
