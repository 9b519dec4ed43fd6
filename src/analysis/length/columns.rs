//! What the database says about the length of a model's attribute.

use super::bound::Length;
use crate::finding::{Location, Message};
use crate::index::{ClassKey, Index};

/// The length of an attribute of a model that was read.
pub(super) fn attribute(index: &Index, class: ClassKey, name: &str, at: Location) -> Length {
    let told = || Message::new("length.column-unknown").text("column", name);
    let Some(model) = index.model(class) else { return Length::unknown(told(), Some(at)) };
    let column = model.table.as_ref().and_then(|table| index.tables().get(table)).and_then(|table| table.columns.get(name));
    let Some(column) = column else { return Length::unknown(told(), Some(at)) };
    match column.kind.as_str() {
        "string" | "char" => Length {
            most: super::Most::Characters(column.length.unwrap_or(255)),
            why: Message::new("length.column").text("column", name).count("most", column.length.unwrap_or(255) as usize),
            at: Some(column.at),
        },
        "tinyText" => Length::characters(255, "length.type", Some(column.at)),
        "text" | "mediumText" | "longText" | "json" | "jsonb" | "binary" => {
            Length::unbounded(Message::new("length.text-column").text("column", name), Some(column.at))
        }
        // Numbers, dates, identifiers, enumerations.
        _ => Length::characters(64, "length.type", Some(column.at)),
    }
}
