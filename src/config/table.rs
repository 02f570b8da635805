//! A table as it was written: asked for its keys one by one, it notes what is wrong.
//!
//! Whoever reads a table asks for every key it may have, whether written or not.
//! When the reader is done, keys nobody asked for are errors: so the list of keys
//! exists once, in the code that reads them.

use std::cell::{Cell, RefCell};
use std::fmt::Display;
use std::path::PathBuf;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::document::{Position, read_bounded};
use super::nearest::nearest;
use super::problem::{Complaint, Notes};
use super::value;

/// A value, and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct At<'a, T> {
    pub(super) value: T,
    pub(super) position: Position<'a>,
}

/// A table as it was written. Dropping it reports the keys nobody asked for.
pub(super) struct Table<'a> {
    /// As an operator would write its header: `[http]`.
    pub(super) header: String,
    entries: &'a DeTable<'a>,
    pub(super) position: Position<'a>,
    pub(super) notes: &'a Notes,
    asked: RefCell<Vec<&'static str>>,
    /// Whether its keys are names that the operator chose.
    is_open: Cell<bool>,
}

impl<'a> Table<'a> {
    pub(super) fn new(
        header: impl Into<String>,
        entries: &'a DeTable<'a>,
        position: Position<'a>,
        notes: &'a Notes,
    ) -> Self {
        let header = header.into();
        Self {
            header,
            entries,
            position,
            notes,
            asked: RefCell::default(),
            is_open: Cell::new(false),
        }
    }

    /// The value of `key`, if it is written and `read` accepts it.
    pub(super) fn optional<T>(
        &self,
        key: &'static str,
        read: impl FnOnce(&DeValue<'_>) -> Result<T, Complaint>,
    ) -> Option<At<'a, T>> {
        let (value, position) = self.written(key)?;
        match read(value) {
            Ok(value) => Some(At { value, position }),
            Err(complaint) => {
                let is_scalar = !matches!(value, DeValue::Array(_) | DeValue::Table(_));
                let is_public = is_scalar && !complaint.is_private;
                let position = if is_public { position.public() } else { position };
                self.notes.error(position, complaint.about(format_args!("`{key}`")));
                None
            }
        }
    }

    /// As [`optional`](Self::optional), and a problem when it is not written.
    pub(super) fn required<T>(
        &self,
        key: &'static str,
        example: &str,
        read: impl FnOnce(&DeValue<'_>) -> Result<T, Complaint>,
    ) -> Option<At<'a, T>> {
        if !self.has(key) {
            self.missing(key, example);
        }
        self.optional(key, read)
    }

    /// Notes that `key` should be here.
    pub(super) fn missing(&self, key: &str, example: &str) {
        let missing = Complaint::new(format!("`{key}` is missing in {}", self.header))
            .hint(format!("add `{key} = {example}`"));
        self.notes.absence(Some(self.position), missing);
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// Whether what is written there is a table.
    pub(super) fn is_table(&self, key: &str) -> bool {
        self.entries.get(key).is_some_and(|value| value.get_ref().is_table())
    }

    pub(super) fn is_empty_array(&self, key: &str) -> bool {
        let array = self.entries.get(key).and_then(|value| value.get_ref().as_array());
        array.is_some_and(|elements| elements.is_empty())
    }

    /// The elements of the array `key` that `read` accepts; `None` when it is not written.
    pub(super) fn list<T>(
        &self,
        key: &'static str,
        read: impl Fn(&DeValue<'_>) -> Result<T, Complaint>,
    ) -> Option<At<'a, Vec<At<'a, T>>>> {
        let (value, position) = self.written(key)?;
        let DeValue::Array(elements) = value else {
            let kind = value::kind(value);
            self.wrong_kind(key, position.public(), &format!("an array, not {kind}"));
            return None;
        };
        let mut accepted = Vec::with_capacity(elements.len());
        for element in elements.iter() {
            let position = self.position_of(element).public();
            match read(element.get_ref()) {
                Ok(value) => accepted.push(At { value, position }),
                Err(complaint) => {
                    self.notes
                        .error(position, complaint.about(format_args!("an element of `{key}`")));
                }
            }
        }
        Some(At { value: accepted, position })
    }

    /// The elements of `key` as they are written; `None` when no array is.
    pub(super) fn elements(
        &self,
        key: &'static str,
    ) -> Option<Vec<(&'a DeValue<'a>, Position<'a>)>> {
        let DeValue::Array(elements) = self.written(key)?.0 else { return None };
        let of = |element: &'a Spanned<DeValue<'a>>| (element.get_ref(), self.position_of(element));
        Some(elements.iter().map(of).collect())
    }

    /// The path `key`, relative to the file it is written in.
    pub(super) fn path(&self, key: &'static str) -> Option<At<'a, PathBuf>> {
        let At { value, position } = self.optional(key, value::text)?;
        Some(At { value: position.document.resolve(&value), position })
    }

    /// The path `key` of a file of certificates.
    pub(super) fn certificates(&self, key: &'static str) -> Option<At<'a, PathBuf>> {
        /// More than every CA of the world.
        const BYTES_MAX: u64 = 4 << 20;
        let path = self.path(key)?;
        self.read_file(key, BYTES_MAX, |bytes| {
            let is_pem = String::from_utf8_lossy(bytes).contains("-----BEGIN CERTIFICATE-----");
            is_pem.then_some(()).ok_or("it holds no certificate (-----BEGIN CERTIFICATE-----)")
        })?;
        Some(path)
    }

    /// What is in the file at the path `key`.
    pub(super) fn read_file<T, E: Display>(
        &self,
        key: &'static str,
        bytes_max: u64,
        read: impl Fn(&[u8]) -> Result<T, E>,
    ) -> Option<T> {
        let path = self.path(key)?;
        let shown = path.value.display();
        let value = read_bounded(&path.value, bytes_max).and_then(|(bytes, _)| {
            read(&bytes).map_err(|why| Complaint::new(format!("cannot use {shown}: {why}")))
        });
        let refuse = |complaint: Complaint| {
            self.notes.error(path.position.public(), complaint.about(format_args!("`{key}`:")));
        };
        value.map_err(refuse).ok()
    }

    /// The table `key`; `None` when it is not written.
    pub(super) fn table(&self, key: &'static str) -> Option<Table<'a>> {
        let (value, position) = self.written(key)?;
        let DeValue::Table(entries) = value else {
            self.wrong_kind(key, position, &format!("a table, not {}", value::kind(value)));
            return None;
        };
        Some(Table::new(self.header_of(key), entries, position, self.notes))
    }

    /// The tables of the array `key`, as `[[key]]` or inline.
    pub(super) fn tables(&self, key: &'static str) -> Vec<Table<'a>> {
        let Some((value, position)) = self.written(key) else { return Vec::new() };
        let header = format!("[{}]", self.header_of(key));
        let DeValue::Array(elements) = value else {
            let expected = format!("written {header}, once for each");
            self.wrong_kind(key, position, &expected);
            return Vec::new();
        };
        let mut tables = Vec::with_capacity(elements.len());
        for element in elements.iter() {
            let position = self.position_of(element);
            if let DeValue::Table(entries) = element.get_ref() {
                tables.push(Table::new(header.clone(), entries, position, self.notes));
            } else {
                let expected = format!("tables, not {}", value::kind(element.get_ref()));
                self.wrong_kind(key, position, &expected);
            }
        }
        tables
    }

    /// The tables beneath this one, each under a name the operator chose.
    pub(super) fn named(&self) -> Vec<(At<'a, &'a str>, Table<'a>)> {
        self.is_open.set(true);
        let mut tables = Vec::with_capacity(self.entries.len());
        for (name, value) in self.entries.iter() {
            let position = self.position_of(name);
            if let DeValue::Table(entries) = value.get_ref() {
                let header = self.header_of(name.get_ref());
                let table = Table::new(header, entries, position, self.notes);
                tables.push((At { value: &**name.get_ref(), position }, table));
            } else {
                let kind = value::kind(value.get_ref());
                let message = format!("`{}` must be a table, not {kind}", name.get_ref());
                let hint = format!("here each table has a name: {}", self.header_of("NAME"));
                self.notes.error(position, Complaint::new(message).hint(hint));
            }
        }
        tables
    }

    fn written(&self, key: &'static str) -> Option<(&'a DeValue<'a>, Position<'a>)> {
        self.asked.borrow_mut().push(key);
        let value = self.entries.get(key)?;
        Some((value.get_ref(), self.position_of(value)))
    }

    fn position_of<T>(&self, spanned: &Spanned<T>) -> Position<'a> {
        self.position.document.position(spanned.span())
    }

    /// The header of the table `key` within this one.
    pub(super) fn header_of(&self, key: &str) -> String {
        let outer = self.header.trim_matches(['[', ']']);
        if self.header.starts_with('[') { format!("[{outer}.{key}]") } else { format!("[{key}]") }
    }

    fn wrong_kind(&self, key: &str, position: Position<'a>, expected: &str) {
        self.notes.error(position, Complaint::new(format!("`{key}` must be {expected}")));
    }

    fn report_unknown(&self) {
        let asked = self.asked.borrow();
        for key in self.entries.keys() {
            let name: &str = key.get_ref();
            if asked.contains(&name) {
                continue;
            }
            let hint = match nearest(name, &asked) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("known here: {}", asked.join(", ")),
            };
            let complaint = Complaint::new(format!("unknown key `{name}` in {}", self.header));
            self.notes.error(self.position_of(key), complaint.hint(hint));
        }
    }
}

impl Drop for Table<'_> {
    fn drop(&mut self) {
        if !self.is_open.get() {
            self.report_unknown();
        }
    }
}
