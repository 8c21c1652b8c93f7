//! What lies over a page: areas that lead somewhere, remarks, and the fields of forms with what was filled in.

use event_model::Bounds;
use lopdf::{Dictionary, Document, Object, ObjectId};
use unpdf::parser::backend::{PageId, PdfBackend, RawBackend};

use super::{matrix::Matrix, resources::dictionary};

const ANNOTATIONS_MAX: usize = 4_096;
/// What one appearance may inflate to.
const APPEARANCE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// An area that leads somewhere.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub bounds: Bounds,
    pub target: String,
}

/// What somebody remarked on a page.
#[derive(Clone, Debug)]
pub(super) struct Remark {
    pub author: Option<String>,
    pub text: String,
}

/// How a field or a typed note looks: content to be painted, and where.
#[derive(Clone, Debug)]
pub(super) struct Appearance {
    pub form: ObjectId,
    pub content: Vec<u8>,
    /// From the form's space to the page's.
    pub matrix: Matrix,
}

/// The links of a page that lead out of the document.
pub(super) fn links(backend: &RawBackend, page: PageId, matrix: &Matrix) -> Vec<Link> {
    let annotations = backend.link_annotations(page).annotations;
    let areas = annotations.iter().flat_map(|link| link.areas.iter().map(move |area| (area, &link.target)));
    areas
        .map(|(area, target)| {
            let corners = area.points.map(|(x, y)| matrix.apply(x, y));
            let least = |side: fn(&(f32, f32)) -> f32| corners.iter().map(side).fold(f32::MAX, f32::min);
            let most = |side: fn(&(f32, f32)) -> f32| corners.iter().map(side).fold(f32::MIN, f32::max);
            let bounds = Bounds {
                left: least(|c| c.0),
                top: least(|c| c.1),
                right: most(|c| c.0),
                bottom: most(|c| c.1),
            };
            Link { bounds, target: target.to_string() }
        })
        .collect()
}

/// The annotations of a page.
fn annotations(document: &Document, page: PageId) -> impl Iterator<Item = &Dictionary> {
    let page = document.get_object(page).ok().and_then(|page| page.as_dict().ok());
    let list = page.and_then(|page| document.dereference(page.get(b"Annots").ok()?).ok()?.1.as_array().ok());
    list.into_iter().flatten().take(ANNOTATIONS_MAX).filter_map(|one| dictionary(document, one))
}

fn kind(annotation: &Dictionary) -> &[u8] {
    annotation.get(b"Subtype").and_then(Object::as_name).unwrap_or_default()
}

/// What readers wrote into notes and marks, in their order.
pub(super) fn remarks(document: &Document, page: PageId) -> Vec<Remark> {
    let text = |annotation: &Dictionary, key: &[u8]| {
        let (_, text) = document.dereference(annotation.get(key).ok()?).ok()?;
        lopdf::decode_text_string(text).ok().filter(|text| !text.trim().is_empty())
    };
    let is_remark = |annotation: &&Dictionary| {
        matches!(
            kind(annotation),
            b"Text" | b"Highlight" | b"Underline" | b"StrikeOut" | b"Squiggly" | b"Caret"
        )
    };
    annotations(document, page)
        .filter(is_remark)
        .filter_map(|one| Some(Remark { author: text(one, b"T"), text: text(one, b"Contents")? }))
        .collect()
}

/// How filled fields and typed notes of a page look, unless they are hidden.
pub(super) fn appearances(document: &Document, page: PageId) -> Vec<Appearance> {
    const HIDDEN: i64 = 0b10_0010;
    let is_shown = |one: &&Dictionary| {
        let flags = one.get(b"F").and_then(Object::as_i64).unwrap_or_default();
        matches!(kind(one), b"Widget" | b"FreeText" | b"Stamp") && flags & HIDDEN == 0
    };
    annotations(document, page).filter(is_shown).filter_map(|one| appearance(document, one)).collect()
}

fn appearance(document: &Document, annotation: &Dictionary) -> Option<Appearance> {
    let normal = dictionary(document, annotation.get(b"AP").ok()?)?.get(b"N").ok()?;
    let form = normal.as_reference().ok()?;
    let Object::Stream(stream) = document.get_object(form).ok()? else { return None };
    let content = stream.get_plain_content_with_limit(APPEARANCE_BYTES_MAX).ok()?;
    let numbers = |from: &Dictionary, key: &[u8]| numbers(document, from, key);
    let [left, bottom, right, top] = <[f32; 4]>::try_from(numbers(annotation, b"Rect")?).ok()?;
    let [x0, y0, x1, y1] = <[f32; 4]>::try_from(numbers(&stream.dict, b"BBox")?).ok()?;
    let own =
        numbers(&stream.dict, b"Matrix").and_then(|own| own.try_into().ok()).map_or(Matrix::IDENTITY, Matrix);
    let corners = [(x0, y0), (x1, y0), (x0, y1), (x1, y1)].map(|(x, y)| own.apply(x, y));
    let least = |side: fn(&(f32, f32)) -> f32| corners.iter().map(side).fold(f32::MAX, f32::min);
    let most = |side: fn(&(f32, f32)) -> f32| corners.iter().map(side).fold(f32::MIN, f32::max);
    let (low, high) = ((least(|c| c.0), least(|c| c.1)), (most(|c| c.0), most(|c| c.1)));
    let scale = |length: f32, of: f32| if of.abs() > 0.01 { length.abs() / of } else { 1.0 };
    let (across, up) = (scale(right - left, high.0 - low.0), scale(top - bottom, high.1 - low.1));
    let fit = Matrix([across, 0.0, 0.0, up, left.min(right) - low.0 * across, bottom.min(top) - low.1 * up]);
    Some(Appearance { form, content, matrix: own.then(&fit) })
}

fn numbers(document: &Document, from: &Dictionary, key: &[u8]) -> Option<Vec<f32>> {
    let (_, array) = document.dereference(from.get(key).ok()?).ok()?;
    let number = |one: &Object| document.dereference(one).ok()?.1.as_float().ok();
    array.as_array().ok()?.iter().map(number).collect()
}
