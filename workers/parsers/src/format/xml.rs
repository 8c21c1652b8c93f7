//! XML as the parts of packages need it: elements by local name, attributes by local name, text with references resolved; with limits on
//! depth and number of events. Entities of a document type are never expanded.

use std::ops::Range;

use quick_xml::{
    Reader, XmlVersion,
    events::{BytesRef, BytesStart, Event},
};

use crate::{Reason, Rejection, sniff};

const DEPTH_MAX: usize = 1_000;
const EVENTS_MAX: usize = 20_000_000;

/// A start tag.
pub(super) struct Element<'a> {
    start: BytesStart<'a>,
    /// Where the name begins without its prefix; it is asked for many times.
    local_at: usize,
    content: Range<usize>,
}

impl<'a> Element<'a> {
    fn new(start: BytesStart<'a>) -> Self {
        let name = start.name().0;
        let local_at = name.len() - local(name).len();
        Self { start, local_at, content: 0..0 }
    }
}

impl Element<'_> {
    pub(super) fn is(&self, local: &str) -> bool {
        self.local() == local
    }

    /// The name without its prefix.
    pub(super) fn local(&self) -> &str {
        &self.start.name().0[self.local_at..]
    }

    /// Where in the part the content is that was jumped over; see [`items_beside`].
    pub(super) fn content(&self) -> Range<usize> {
        self.content.clone()
    }

    /// The value of an attribute by the name without its prefix.
    pub(super) fn attribute(&self, local: &str) -> Option<String> {
        self.start.attributes().with_checks(false).flatten().find_map(|attribute| {
            (self::local(attribute.key.0) == local)
                .then(|| {
                    attribute.normalized_value(XmlVersion::Implicit1_0).ok().map(std::borrow::Cow::into_owned)
                })
                .flatten()
        })
    }

    /// Every attribute: its name without the prefix, and its value.
    pub(super) fn attributes(&self, mut each: impl FnMut(&str, &str)) {
        for attribute in self.start.attributes().with_checks(false).flatten() {
            if let Ok(value) = attribute.normalized_value(XmlVersion::Implicit1_0) {
                each(local(attribute.key.0), &value);
            }
        }
    }

    /// The id of a relationship, which stands beside a plain `id` in some elements and always has a prefix.
    pub(super) fn relationship(&self) -> Option<String> {
        self.start.attributes().with_checks(false).flatten().find_map(|attribute| {
            attribute.key.0.split_once(':').filter(|(_, local)| matches!(*local, "id" | "embed"))?;
            attribute.normalized_value(XmlVersion::Implicit1_0).ok().map(std::borrow::Cow::into_owned)
        })
    }

    /// The attribute `val`, where most values stand.
    pub(super) fn val(&self) -> Option<String> {
        self.attribute("val")
    }
}

/// A name without its prefix. Names are so short that looking at each byte is quicker than any search.
fn local(name: &str) -> &str {
    name.bytes().rposition(|byte| byte == b':').map_or(name, |colon| &name[colon + 1..])
}

/// What a part is made of.
pub(super) enum Item<'a> {
    Start(&'a Element<'a>),
    End(&'a str),
    Text(&'a str),
}

/// Reads a part from start to end; an empty element is a start and an end. A part that breaks off is malformed.
pub(super) fn items(
    text: &str,
    each: impl FnMut(Item<'_>) -> Result<(), Rejection>,
) -> Result<(), Rejection> {
    items_beside(&[], text, each)
}

/// [`items`] without what stands in elements that are called one of `skipped`: it is jumped over, to the next end of one, and not even
/// looked at. For elements that are large, mostly not asked for, and cannot stand in each other.
pub(super) fn items_beside(
    skipped: &[&str],
    text: &str,
    mut each: impl FnMut(Item<'_>) -> Result<(), Rejection>,
) -> Result<(), Rejection> {
    let mut reader = Reader::from_str(text);
    let (mut depth, mut events) = (0_usize, 0_usize);
    loop {
        let event = reader.read_event().map_err(|_| malformed("a part is not well-formed XML"))?;
        events += 1;
        if depth > DEPTH_MAX || events > EVENTS_MAX {
            return Err(too_complex("is nested or split up beyond any real document"));
        }
        match event {
            Event::Start(start) => {
                depth += 1;
                let mut element = Element::new(start);
                if skipped.contains(&element.local()) {
                    let from = text.len() - reader.get_ref().len();
                    jump_to_end(&element, &mut reader)?;
                    element.content = from..text.len() - reader.get_ref().len();
                }
                each(Item::Start(&element))?;
            }
            Event::Empty(start) => {
                let element = Element::new(start);
                each(Item::Start(&element))?;
                each(Item::End(element.local()))?;
            }
            Event::End(end) => {
                depth = depth.saturating_sub(1);
                each(Item::End(local(end.name().0)))?;
            }
            Event::Text(part) => each(Item::Text(&part.xml10_content()))?,
            Event::CData(part) => each(Item::Text(&part.xml10_content()))?,
            Event::GeneralRef(reference) => each(Item::Text(&resolve(&reference)))?,
            Event::Eof if depth > 0 => return Err(malformed("a part is cut short")),
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

/// Goes on right before the next end of an element with this name. Without one nothing is well-formed, and nobody looks for it again.
fn jump_to_end(element: &Element<'_>, reader: &mut Reader<&[u8]>) -> Result<(), Rejection> {
    let end = format!("</{}", element.start.name().0);
    let rest = reader.get_mut();
    let at = sniff::find(rest, end.as_bytes()).ok_or_else(|| malformed("a part is cut short"))?;
    *rest = &rest[at..];
    Ok(())
}

/// The root of a part, if it has one.
pub(super) fn first(text: &str, each: impl FnOnce(&Element<'_>)) -> Result<(), Rejection> {
    let mut reader = Reader::from_str(text);
    loop {
        match reader.read_event().map_err(|_| malformed("a part is not well-formed XML"))? {
            Event::Start(start) | Event::Empty(start) => {
                each(&Element::new(start));
                return Ok(());
            }
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

/// The start tags of a part.
pub(super) fn elements(text: &str, mut each: impl FnMut(&Element<'_>)) -> Result<(), Rejection> {
    items(text, |item| {
        if let Item::Start(element) = item {
            each(element);
        }
        Ok(())
    })
}

fn resolve(reference: &BytesRef<'_>) -> String {
    match reference.resolve_char_ref() {
        Ok(Some(character)) => character.to_string(),
        _ => quick_xml::escape::resolve_xml_entity(reference).unwrap_or_default().to_owned(),
    }
}

/// A package or a part of it that breaks its rules.
pub(super) fn malformed(what: &str) -> Rejection {
    Rejection::new(
        Reason::Malformed,
        format!("the file is damaged ({what}); open it in the program that made it and save it again"),
    )
}

/// A package that wants more than any real one.
pub(super) fn too_complex(what: &str) -> Rejection {
    Rejection::new(Reason::TooComplex, format!("the file {what}; save it as PDF or split it"))
}
