//! The structure that a tagged document states: for each piece of marked content, what it is part of.

use std::collections::HashMap;

use lopdf::{Dictionary, Document, Object, ObjectId};

use super::resources::dictionary;

/// Elements; a book has some hundred thousand.
const ELEMENTS_MAX: usize = 400_000;
const DEPTH_MAX: usize = 100;

/// What marked content is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// A heading; level 0 if none is stated.
    Heading(u8),
    /// A cell, by the numbers of its table, row and column.
    Cell { table: u32, row: u32, column: u32 },
    /// An item of a list.
    Item,
    /// Text.
    Other,
}

/// The structure of a document.
#[derive(Debug, Default)]
pub(super) struct Tags {
    roles: HashMap<(ObjectId, u32), Role>,
}

/// Where in the structure an element stands.
#[derive(Clone, Copy)]
struct Context {
    role: Role,
    page: Option<ObjectId>,
    depth: usize,
}

impl Tags {
    /// What a mark on a page is part of.
    pub(super) fn role(&self, page: ObjectId, mark: u32) -> Option<Role> {
        self.roles.get(&(page, mark)).copied()
    }

    /// Reads the tree, without recursion.
    pub(super) fn of(document: &Document) -> Self {
        let mut tags = Self::default();
        let root = document.catalog().ok().and_then(|catalog| catalog.get(b"StructTreeRoot").ok());
        let Some(root) = root.and_then(|root| dictionary(document, root)) else { return tags };
        let names = root.get(b"RoleMap").ok().and_then(|names| dictionary(document, names));
        let start = Context { role: Role::Other, page: None, depth: 0 };
        let mut waiting: Vec<(&Object, Context)> =
            root.get(b"K").ok().map(|kids| (kids, start)).into_iter().collect();
        let (mut elements, mut tables) = (0, Tables::default());
        while let Some((object, context)) = waiting.pop() {
            elements += 1;
            if elements > ELEMENTS_MAX {
                break;
            }
            let Ok((_, object)) = document.dereference(object) else { continue };
            match object {
                Object::Integer(mark) => tags.insert(context, *mark),
                Object::Array(kids) if context.depth < DEPTH_MAX => {
                    let context = Context { depth: context.depth + 1, ..context };
                    waiting.extend(kids.iter().rev().map(|kid| (kid, context)));
                }
                Object::Dictionary(element) => {
                    let context = inside(document, element, names, context, &mut tables);
                    if let Ok(mark) = element.get(b"MCID").and_then(Object::as_i64) {
                        tags.insert(context, mark);
                    }
                    if let (Ok(kids), true) = (element.get(b"K"), context.depth < DEPTH_MAX) {
                        waiting.push((kids, context));
                    }
                }
                _ => {}
            }
        }
        tags
    }

    fn insert(&mut self, context: Context, mark: i64) {
        let (Some(page), Ok(mark)) = (context.page, u32::try_from(mark)) else { return };
        self.roles.insert((page, mark), context.role);
    }
}

/// The numbers of the table, row and cell seen last.
#[derive(Default)]
struct Tables {
    table: u32,
    row: u32,
    column: u32,
}

/// What stands inside an element.
fn inside(
    document: &Document,
    element: &Dictionary,
    names: Option<&Dictionary>,
    outer: Context,
    tables: &mut Tables,
) -> Context {
    let page = element.get(b"Pg").and_then(Object::as_reference).ok().or(outer.page);
    let stated = element.get(b"S").and_then(Object::as_name).unwrap_or_default();
    let mapped = names.and_then(|names| dictionary_name(document, names, stated)).unwrap_or(stated);
    let role = match mapped {
        b"H" | b"Title" => Role::Heading(0),
        [b'H', level @ b'1'..=b'6'] => Role::Heading(level - b'0'),
        b"Table" => {
            (tables.table, tables.row) = (tables.table + 1, 0);
            Role::Other
        }
        b"TR" => {
            (tables.row, tables.column) = (tables.row + 1, 0);
            Role::Other
        }
        b"TD" | b"TH" if tables.row > 0 => {
            tables.column += 1;
            Role::Cell { table: tables.table, row: tables.row, column: tables.column }
        }
        b"LI" | b"LBody" | b"Lbl" if !matches!(outer.role, Role::Cell { .. }) => Role::Item,
        b"P" | b"BlockQuote" | b"Caption" | b"Note" | b"TOCI" | b"Figure" | b"Sect" | b"Div" | b"Part" => {
            match outer.role {
                Role::Cell { .. } | Role::Item => outer.role,
                _ => Role::Other,
            }
        }
        _ => outer.role,
    };
    Context { role, page, depth: outer.depth + 1 }
}

/// What a name of the writer's own stands for.
fn dictionary_name<'a>(document: &'a Document, names: &'a Dictionary, name: &[u8]) -> Option<&'a [u8]> {
    document.dereference(names.get(name).ok()?).ok()?.1.as_name().ok()
}
