//! Pictures: the words that stand for them.

use scraper::ElementRef;

use super::{super::elements::attribute, Walker};

impl Walker<'_> {
    /// A picture that is a link is a sign or a badge. In an article the words are kept with the address of the picture, beside the links; elsewhere they are part of the text.
    pub(super) fn picture(&mut self, at: usize) {
        let element = self.part(at).element;
        let words = attribute(element, "alt").map(str::trim).unwrap_or_default();
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        if words.is_empty() || (self.links > 0 && !self.reading.choice.is_article) {
            return;
        }
        if self.reading.choice.is_article {
            let source = attribute(element, "src").and_then(|source| self.reading.address.resolve(source));
            self.builder.link(&words, &source.unwrap_or_default());
        } else {
            self.push(&format!("[{words}]"));
        }
    }

    /// What is said under a picture goes the same way.
    pub(super) fn caption(&mut self, at: usize) {
        if !self.reading.choice.is_article {
            return self.block(at);
        }
        let caption = self.part(at).element;
        let figure =
            caption.ancestors().filter_map(ElementRef::wrap).find(|around| around.value().name() == "figure");
        let picture = figure
            .and_then(|figure| figure.descendent_elements().find(|inner| inner.value().name() == "img"));
        let source = picture.and_then(|picture| self.reading.address.resolve(attribute(picture, "src")?));
        self.builder.link(&caption.text().collect::<String>(), &source.unwrap_or_default());
    }
}
