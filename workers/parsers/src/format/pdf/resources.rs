//! What a name in a content stream stands for: the resources of the form that is painted, of its page, and of what the page hangs in.

use lopdf::{Dictionary, Document, Object};
use unpdf::parser::backend::ResourceScope;

/// Page trees of real files are under ten deep.
const TREE_DEPTH_MAX: usize = 64;

/// The entry that has a name in a category (`Font`, `Properties`), as it is written there: a reference, mostly.
pub(super) fn entry<'a>(
    document: &'a Document,
    scope: ResourceScope,
    category: &[u8],
    name: &[u8],
) -> Option<&'a Object> {
    let found = |holder: &'a Dictionary| {
        let resources = dictionary(document, holder.get(b"Resources").ok()?)?;
        dictionary(document, resources.get(category).ok()?)?.get(name).ok()
    };
    let form = scope.form.and_then(|form| holder(document, form)).and_then(found);
    form.or_else(|| parents(document, scope.page).find_map(found))
}

/// A page and what it hangs in, from the inside.
fn parents(document: &Document, page: (u32, u16)) -> impl Iterator<Item = &Dictionary> {
    let parent = |node: &&Dictionary| {
        let parent = node.get(b"Parent").ok()?.as_reference().ok()?;
        holder(document, parent)
    };
    std::iter::successors(holder(document, page), parent).take(TREE_DEPTH_MAX)
}

/// The dictionary of an object, that of its stream included.
fn holder(document: &Document, id: (u32, u16)) -> Option<&Dictionary> {
    match document.get_object(id).ok()? {
        Object::Dictionary(dictionary) => Some(dictionary),
        Object::Stream(stream) => Some(&stream.dict),
        _ => None,
    }
}

/// What an entry refers to, if that is a dictionary.
pub(super) fn dictionary<'a>(document: &'a Document, object: &'a Object) -> Option<&'a Dictionary> {
    document.dereference(object).ok()?.1.as_dict().ok()
}
