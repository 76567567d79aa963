//! Reading vector indexes, and the changes of them: first as they stand, then checked at their paths.

use super::decode::{Check, Pair, RawProjection, pair, projection};
use super::{SearchSchemaElement, VectorIndex};
use crate::json::{JsonError, Reader};
use crate::layer::Constraint;
use crate::member::{list, long, owned_string, structure};

type Read<T> = Result<Option<T>, JsonError>;

/// The longest name of an attribute that holds vectors.
const ATTRIBUTE_LENGTH_MAX: usize = 255;

/// A change to the vector indexes of a table: what of the two was given.
#[derive(Clone, Debug, Default)]
pub struct VectorIndexUpdate {
    /// An index to make.
    pub create: Option<VectorIndex>,
    /// The name of an index to delete.
    pub delete: Option<String>,
}

/// A vector index before it is checked.
#[derive(Default)]
pub(in crate::dynamodb) struct Raw {
    index_name: Option<String>,
    vector_attribute: Option<Option<String>>,
    search_schema: Option<Vec<Pair>>,
    projection: Option<RawProjection>,
    dimensions: Option<i64>,
    distance_function: Option<String>,
}

/// A change before it is checked; `Some(None)` is a deletion without a name.
#[derive(Default)]
pub(in crate::dynamodb) struct RawUpdate {
    create: Option<Raw>,
    delete: Option<Option<String>>,
}

fn index(reader: &mut Reader<'_>) -> Read<Raw> {
    let mut raw = Raw::default();
    let present = structure(reader, |reader, name| {
        match name {
            "IndexName" => raw.index_name = owned_string(reader)?,
            "VectorAttribute" => raw.vector_attribute = only_text(reader, "AttributeName")?,
            "SearchSchema" => {
                raw.search_schema =
                    list(reader, |reader| pair(reader, "AttributeName", "SearchSchemaElementType"))?;
            }
            "Projection" => raw.projection = projection(reader)?,
            "Dimensions" => raw.dimensions = long(reader)?,
            "DistanceFunction" => raw.distance_function = owned_string(reader)?,
            _ => drop(reader.skip()?),
        }
        Ok(())
    })?;
    Ok(present.map(|()| raw))
}

/// A structure of which one text counts.
fn only_text(reader: &mut Reader<'_>, member: &str) -> Read<Option<String>> {
    let mut text = None;
    let present = structure(reader, |reader, name| {
        if name == member {
            text = owned_string(reader)?;
        } else {
            reader.skip()?;
        }
        Ok(())
    })?;
    Ok(present.map(|()| text))
}

pub(in crate::dynamodb) fn indexes(reader: &mut Reader<'_>) -> Read<Vec<Raw>> {
    list(reader, |reader| Ok(index(reader)?.unwrap_or_default()))
}

pub(in crate::dynamodb) fn updates(reader: &mut Reader<'_>) -> Read<Vec<RawUpdate>> {
    list(reader, |reader| {
        let mut raw = RawUpdate::default();
        structure(reader, |reader, name| {
            match name {
                "Create" => raw.create = index(reader)?,
                "Delete" => raw.delete = only_text(reader, "IndexName")?,
                _ => drop(reader.skip()?),
            }
            Ok(())
        })?;
        Ok(raw)
    })
}

impl Check<'_> {
    pub(in crate::dynamodb) fn vector_indexes(
        &mut self,
        path: &str,
        raw: Option<Vec<Raw>>,
    ) -> Option<Vec<VectorIndex>> {
        let raw = raw?.into_iter().enumerate();
        Some(
            raw.filter_map(|(at, raw)| self.vector_index(&format!("{path}.{}.member", at + 1), raw))
                .collect(),
        )
    }

    pub(in crate::dynamodb) fn vector_index_updates(
        &mut self,
        path: &str,
        raw: Option<Vec<RawUpdate>>,
    ) -> Option<Vec<VectorIndexUpdate>> {
        let mut updates = Vec::new();
        for (at, raw) in raw?.into_iter().enumerate() {
            let path = format!("{path}.{}.member", at + 1);
            let create = raw.create.and_then(|raw| self.vector_index(&format!("{path}.create"), raw));
            let delete =
                raw.delete.and_then(|name| self.index_name(format!("{path}.delete.indexName"), name));
            updates.push(VectorIndexUpdate { create, delete });
        }
        Some(updates)
    }

    fn vector_index(&mut self, path: &str, raw: Raw) -> Option<VectorIndex> {
        let index_name = self.index_name(format!("{path}.indexName"), raw.index_name);
        let attribute_path = format!("{path}.vectorAttribute");
        let vector_attribute = match raw.vector_attribute {
            None => {
                self.0.null(attribute_path);
                None
            }
            Some(name) => self.text(format!("{attribute_path}.attributeName"), name, 1, ATTRIBUTE_LENGTH_MAX),
        };
        let search_schema = self.search_schema(&format!("{path}.searchSchema"), raw.search_schema);
        let projection = self.projection(&format!("{path}.projection"), raw.projection);
        if raw.dimensions.is_none() {
            self.0.null(format!("{path}.dimensions"));
        }
        let distance_path = format!("{path}.distanceFunction");
        if raw.distance_function.is_none() {
            self.0.null(distance_path.clone());
        }
        let distance_function = self.0.enumeration(distance_path, raw.distance_function.as_deref());
        Some(VectorIndex {
            index_name: index_name?,
            vector_attribute: vector_attribute?,
            search_schema,
            projection,
            dimensions: raw.dimensions?,
            distance_function: distance_function?,
        })
    }

    fn search_schema(&mut self, path: &str, raw: Option<Vec<Pair>>) -> Option<Vec<SearchSchemaElement>> {
        let raw = raw?;
        if raw.is_empty() {
            self.0.fail(path.to_owned(), "[]", Constraint::MinLength(1));
        }
        let mut elements = Vec::with_capacity(raw.len());
        for (at, pair) in raw.into_iter().enumerate() {
            let name = self.text(Self::member_path(path, at, "attributeName"), pair.name, 1, 255);
            let type_path = Self::member_path(path, at, "searchSchemaElementType");
            if pair.kind.is_none() {
                self.0.null(type_path.clone());
            }
            let element_type = self.0.enumeration(type_path, pair.kind.as_deref());
            if let (Some(attribute_name), Some(element_type)) = (name, element_type) {
                elements.push(SearchSchemaElement { attribute_name, element_type });
            }
        }
        Some(elements)
    }
}
