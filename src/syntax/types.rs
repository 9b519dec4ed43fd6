//! Types, in declarations and in doc comments: both are read from their text.

use super::Lowering;
use super::names::{RelativeClass, relative_class};
use super::tree::At;
use crate::hir::{BuiltinType, TypeHint};

/// Types within types that are followed; deeper ones are unknown.
const MAX_TYPE_DEPTH: u32 = 32;

const NULL: TypeHint = TypeHint::Builtin(BuiltinType::Null);

/// The types of PHP itself that have no meaning of their own in doc comments only.
fn builtin(name: &str) -> Option<BuiltinType> {
    const KNOWN: [(&str, BuiltinType); 15] = [
        ("int", BuiltinType::Int),
        ("float", BuiltinType::Float),
        ("string", BuiltinType::String),
        ("bool", BuiltinType::Bool),
        ("false", BuiltinType::False),
        ("true", BuiltinType::True),
        ("null", BuiltinType::Null),
        ("array", BuiltinType::Array),
        ("iterable", BuiltinType::Iterable),
        ("callable", BuiltinType::Callable),
        ("object", BuiltinType::Object),
        ("mixed", BuiltinType::Mixed),
        ("void", BuiltinType::Void),
        ("never", BuiltinType::Never),
        ("list", BuiltinType::Array),
    ];
    KNOWN.iter().find(|(known, _)| name.eq_ignore_ascii_case(known)).map(|(_, builtin)| *builtin)
}

/// What doc comments have beyond [`builtin`].
fn doc_type(name: &str) -> Option<TypeHint> {
    const KNOWN: [(&str, BuiltinType); 29] = [
        ("integer", BuiltinType::Int),
        ("positive-int", BuiltinType::Int),
        ("negative-int", BuiltinType::Int),
        ("non-negative-int", BuiltinType::Int),
        ("non-positive-int", BuiltinType::Int),
        ("non-zero-int", BuiltinType::Int),
        ("int-mask", BuiltinType::Int),
        ("int-mask-of", BuiltinType::Int),
        ("double", BuiltinType::Float),
        ("class-string", BuiltinType::String),
        ("interface-string", BuiltinType::String),
        ("trait-string", BuiltinType::String),
        ("enum-string", BuiltinType::String),
        ("callable-string", BuiltinType::String),
        ("literal-string", BuiltinType::String),
        ("lowercase-string", BuiltinType::String),
        ("non-empty-string", BuiltinType::String),
        ("non-falsy-string", BuiltinType::String),
        ("truthy-string", BuiltinType::String),
        ("numeric-string", BuiltinType::String),
        ("boolean", BuiltinType::Bool),
        ("non-empty-array", BuiltinType::Array),
        ("non-empty-list", BuiltinType::Array),
        ("associative-array", BuiltinType::Array),
        ("callable-array", BuiltinType::Array),
        ("no-return", BuiltinType::Never),
        ("noreturn", BuiltinType::Never),
        ("never-return", BuiltinType::Never),
        ("non-empty-mixed", BuiltinType::Mixed),
    ];
    if let Some((_, builtin)) = KNOWN.iter().find(|(known, _)| name.eq_ignore_ascii_case(known)) {
        return Some(TypeHint::Builtin(*builtin));
    }
    match name {
        "array-key" => Some(TypeHint::Union(vec![TypeHint::Builtin(BuiltinType::Int), TypeHint::Builtin(BuiltinType::String)])),
        "number" | "numeric" | "scalar" | "resource" | "key-of" | "value-of" | "properties-of" => Some(TypeHint::Unknown),
        _ if name.contains('-') => Some(TypeHint::Unknown),
        _ => None,
    }
}

/// Reads one type from the start of a text.
pub(super) struct TypeReader<'t> {
    text: &'t str,
    at: usize,
    depth: u32,
    doc: bool,
    /// Open brackets: inside them a type may go on in the next line.
    brackets: u32,
}

impl<'t> TypeReader<'t> {
    pub(super) const fn new(text: &'t str, doc: bool) -> Self {
        Self { text, at: 0, depth: 0, doc, brackets: 0 }
    }

    /// What follows the type.
    pub(super) fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        let mut new_line = false;
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' => {}
                b'\n' | b'\r' if !self.doc || self.brackets > 0 => new_line = true,
                b'*' if new_line => {}
                _ => return,
            }
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Goes behind a separator, if one follows.
    fn eat_spaced(&mut self, byte: u8) -> bool {
        let before = self.at;
        self.skip_space();
        if self.eat(byte) {
            self.skip_space();
            return true;
        }
        self.at = before;
        false
    }

    /// Goes behind the bracket that closes the one behind which the reader stands.
    fn skip_brackets(&mut self) {
        let mut open = 1;
        while open > 0
            && let Some(byte) = self.peek()
        {
            match byte {
                b'(' | b'{' | b'[' | b'<' => open += 1,
                b')' | b'}' | b']' => open -= 1,
                b'>' if self.text.as_bytes().get(self.at.wrapping_sub(1)) != Some(&b'-') => open -= 1,
                _ => {}
            }
            self.at += 1;
        }
    }

    fn word(&mut self) -> &'t str {
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'\\') || byte >= 0x80;
        let rest = self.rest();
        let doc = self.doc;
        let end = rest.bytes().position(|byte| !(is_word(byte) || doc && byte == b'-')).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    fn quoted(&mut self, quote: u8) {
        self.at += 1;
        while let Some(byte) = self.peek() {
            self.at += 1;
            if byte == quote {
                return;
            }
        }
    }
}

impl<'t> Lowering<'t> {
    /// A declared type.
    pub(super) fn type_hint(&mut self, at: At) -> TypeHint {
        let mut reader = TypeReader::new(self.text_of(at), false);
        self.read_type(&mut reader)
    }

    /// The type at the start of a text.
    pub(super) fn read_type(&mut self, reader: &mut TypeReader<'t>) -> TypeHint {
        if reader.depth >= MAX_TYPE_DEPTH {
            reader.at = reader.text.len();
            return TypeHint::Unknown;
        }
        reader.depth += 1;
        let hint = self.read_union(reader);
        reader.depth -= 1;
        hint
    }

    fn read_union(&mut self, reader: &mut TypeReader<'t>) -> TypeHint {
        let first = self.read_intersection(reader);
        if !reader.eat_spaced(b'|') {
            return first;
        }
        let mut parts = vec![first];
        loop {
            match self.read_intersection(reader) {
                TypeHint::Union(inner) => parts.extend(inner),
                part => parts.push(part),
            }
            if !reader.eat_spaced(b'|') {
                return TypeHint::Union(parts);
            }
        }
    }

    fn read_intersection(&mut self, reader: &mut TypeReader<'t>) -> TypeHint {
        let first = self.read_suffixed(reader);
        let mut parts = Vec::new();
        loop {
            let before = reader.at;
            if !reader.eat_spaced(b'&') {
                break;
            }
            // `@param X &$x`, `@param X &...$x`: the variable's sign.
            if matches!(reader.peek(), Some(b'$' | b'.')) {
                reader.at = before;
                break;
            }
            parts.push(self.read_suffixed(reader));
        }
        if parts.is_empty() {
            return first;
        }
        parts.insert(0, first);
        TypeHint::Intersection(parts)
    }

    fn read_suffixed(&mut self, reader: &mut TypeReader<'t>) -> TypeHint {
        let mut hint = self.read_atom(reader);
        while reader.peek() == Some(b'[') {
            reader.at += 1;
            if reader.eat(b']') {
                hint = TypeHint::ArrayOf(Box::new(hint));
            } else {
                reader.skip_brackets();
                hint = TypeHint::Unknown;
            }
        }
        hint
    }

    fn read_atom(&mut self, reader: &mut TypeReader<'t>) -> TypeHint {
        match reader.peek() {
            Some(b'?') => {
                reader.at += 1;
                reader.skip_space();
                if reader.depth >= MAX_TYPE_DEPTH {
                    return TypeHint::Unknown;
                }
                reader.depth += 1;
                let inner = self.read_suffixed(reader);
                reader.depth -= 1;
                TypeHint::Union(vec![inner, NULL])
            }
            Some(b'(') => {
                reader.at += 1;
                reader.brackets += 1;
                reader.skip_space();
                let inner = self.read_type(reader);
                reader.skip_space();
                if !reader.eat(b')') {
                    // A conditional type.
                    reader.skip_brackets();
                    reader.brackets -= 1;
                    return TypeHint::Unknown;
                }
                reader.brackets -= 1;
                inner
            }
            Some(b'$') => {
                reader.at += 1;
                if reader.word() == "this" { TypeHint::StaticClass } else { TypeHint::Unknown }
            }
            Some(quote @ (b'\'' | b'"')) => {
                reader.quoted(quote);
                TypeHint::Builtin(BuiltinType::String)
            }
            _ => {
                let word = reader.word();
                self.read_named(word, reader)
            }
        }
    }

    fn read_named(&mut self, word: &'t str, reader: &mut TypeReader<'t>) -> TypeHint {
        if word.is_empty() {
            return TypeHint::Unknown;
        }
        if reader.doc && word.trim_start_matches('-').starts_with(|first: char| first.is_ascii_digit()) {
            return TypeHint::Builtin(BuiltinType::Int);
        }
        if reader.doc && reader.rest().starts_with("::") {
            reader.at += 2;
            reader.word();
            reader.eat(b'*');
            return TypeHint::Unknown;
        }
        let base = self.named_type(word, reader.doc);
        match reader.peek() {
            Some(b'<') if reader.doc => {
                let arguments = self.read_arguments(reader);
                generic(word, base, arguments)
            }
            Some(b'{') if reader.doc => {
                reader.at += 1;
                reader.skip_brackets();
                base
            }
            Some(b'(') if reader.doc && (base == TypeHint::Builtin(BuiltinType::Callable) || word.ends_with("Closure")) => {
                reader.at += 1;
                reader.skip_brackets();
                if reader.eat_spaced(b':') {
                    self.read_type(reader);
                }
                base
            }
            _ => base,
        }
    }

    fn read_arguments(&mut self, reader: &mut TypeReader<'t>) -> Vec<TypeHint> {
        let mut arguments = Vec::new();
        reader.at += 1;
        reader.brackets += 1;
        loop {
            reader.skip_space();
            if matches!(reader.peek(), None | Some(b'>')) {
                break;
            }
            let before = reader.at;
            arguments.push(if reader.eat(b'*') { TypeHint::Unknown } else { self.read_type(reader) });
            reader.skip_space();
            if !reader.eat(b',') && reader.peek() != Some(b'>') && reader.at == before {
                // Something that is no type: to the end of the brackets.
                reader.skip_brackets();
                reader.brackets -= 1;
                return arguments;
            }
        }
        reader.eat(b'>');
        reader.brackets -= 1;
        arguments
    }

    fn named_type(&mut self, word: &str, doc: bool) -> TypeHint {
        match relative_class(word) {
            Some(RelativeClass::SelfClass) => return TypeHint::SelfClass,
            Some(RelativeClass::Static) => return TypeHint::StaticClass,
            Some(RelativeClass::Parent) => return TypeHint::ParentClass,
            None => {}
        }
        if let Some(builtin) = builtin(word)
            && (doc || word != "list")
        {
            return TypeHint::Builtin(builtin);
        }
        if doc {
            if self.templates.contains(&word) {
                return TypeHint::Unknown;
            }
            if let Some(hint) = doc_type(word) {
                return hint;
            }
        }
        TypeHint::Named(self.class_name(word))
    }
}

fn generic(word: &str, base: TypeHint, mut arguments: Vec<TypeHint>) -> TypeHint {
    match base {
        TypeHint::Builtin(BuiltinType::Array | BuiltinType::Iterable) => {
            arguments.pop().map_or(base, |last| TypeHint::ArrayOf(Box::new(last)))
        }
        TypeHint::Builtin(BuiltinType::String) if word.ends_with("-string") => match arguments.pop() {
            Some(class) => TypeHint::ClassString(Box::new(class)),
            None => base,
        },
        TypeHint::Builtin(_) | TypeHint::Unknown => base,
        _ => TypeHint::Generic(Box::new(base), arguments),
    }
}
