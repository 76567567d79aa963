//! The rules of vector indexes, and how AWS words what breaks them.
//!
//! CreateTable checks all of a table's, UpdateTable the one that it adds; both come here.

use crate::descriptor::{
    Attribute, IndexDescriptor, Keys, SearchAttribute, TableDescriptor, Throughput, VectorsDescriptor,
};
use crate::schema::{self, invalid};
use store::SpaceId;
use wire::ApiError;
use wire::dynamodb::enumeration::{Enumeration, SearchSchemaElementType};
use wire::dynamodb::schema::{SearchSchemaElement, VectorIndex};

/// The most vector indexes of a table.
const VECTOR_INDEXES_MAX: usize = 5;
/// The most dimensions.
const DIMENSIONS_MAX: i64 = 4096;

/// Checks the vector indexes of a table that is to be made.
pub(crate) fn check_table(
    asked: &[VectorIndex],
    known: &[Attribute],
    on_demand: bool,
) -> Result<(), ApiError> {
    if asked.is_empty() {
        return Err(invalid("List of VectorIndexes is empty"));
    }
    if !on_demand {
        return Err(only_on_demand());
    }
    for (place, index) in asked.iter().enumerate() {
        check_one(index, known)?;
        check_dimensions(
            index,
            asked[..place].iter().map(|other| (other.vector_attribute.as_str(), other.dimensions)),
        )?;
    }
    if asked.len() > VECTOR_INDEXES_MAX { Err(too_many()) } else { Ok(()) }
}

/// Checks a vector index that is added to a table with these definitions.
pub(crate) fn check_added(
    index: &VectorIndex,
    known: &[Attribute],
    table: &TableDescriptor,
) -> Result<(), ApiError> {
    if !table.billing.on_demand {
        return Err(only_on_demand());
    }
    check_one(index, known)?;
    let others = table.indexes.iter().filter_map(|other| other.vectors.as_ref());
    check_dimensions(index, others.map(|other| (other.attribute.as_str(), i64::from(other.dimensions))))
}

/// Refuses one more than a table may have.
pub(crate) fn check_count(table: &TableDescriptor) -> Result<(), ApiError> {
    let count = table.indexes.iter().filter(|index| index.vectors.is_some()).count();
    if count >= VECTOR_INDEXES_MAX { Err(too_many()) } else { Ok(()) }
}

/// A table with vector indexes that is to be provisioned.
pub(crate) fn must_stay_on_demand() -> ApiError {
    invalid("Tables with vector indexes must be in PAY_PER_REQUEST mode")
}

fn only_on_demand() -> ApiError {
    invalid("Vector indexes are only supported for PAY_PER_REQUEST tables")
}

fn too_many() -> ApiError {
    invalid(format!("VectorIndex count exceeds the per-table limit of {VECTOR_INDEXES_MAX}"))
}

fn check_one(index: &VectorIndex, known: &[Attribute]) -> Result<(), ApiError> {
    if !(1..=DIMENSIONS_MAX).contains(&index.dimensions) {
        return Err(invalid(format!(
            "Number of dimensions must be between 1 and {DIMENSIONS_MAX} inclusive."
        )));
    }
    schema::projection(&index.projection)?;
    let attribute = &index.vector_attribute;
    if known.iter().any(|definition| definition.name == *attribute) {
        return Err(invalid(format!(
            "Conflicting attribute definition for '{attribute}'. An attribute cannot be defined in \
             AttributeDefinitions when used as a VectorAttribute."
        )));
    }
    check_schema(index.search_schema.as_deref().unwrap_or_default(), known)
}

fn check_schema(elements: &[SearchSchemaElement], known: &[Attribute]) -> Result<(), ApiError> {
    let defined = |element: &SearchSchemaElement| {
        known.iter().any(|definition| definition.name == element.attribute_name)
    };
    if !elements.iter().all(defined) {
        return Err(invalid("One element in SearchSchema is not defined in attribute definitions"));
    }
    let twice = |place: usize| {
        elements[..place].iter().any(|other| other.attribute_name == elements[place].attribute_name)
    };
    if (1..elements.len()).any(twice) {
        return Err(invalid("SearchSchema contains a duplicate AttributeName"));
    }
    let hashes =
        elements.iter().filter(|element| element.element_type == SearchSchemaElementType::Hash).count();
    if hashes > 1 {
        return Err(invalid(format!(
            "Value '{hashes}' at 'SearchSchema' failed to satisfy constraint: Member must have HASH count less than \
             or equal to 1"
        )));
    }
    Ok(())
}

fn check_dimensions<'a>(
    index: &VectorIndex,
    mut others: impl Iterator<Item = (&'a str, i64)>,
) -> Result<(), ApiError> {
    let attribute = &index.vector_attribute;
    if others.all(|(other, dimensions)| other != attribute || dimensions == index.dimensions) {
        return Ok(());
    }
    Err(invalid(format!(
        "Conflicting attribute definition for '{attribute}'. All VectorIndexes on the same vector attribute must use \
         the same dimensions."
    )))
}

impl IndexDescriptor {
    /// A vector index as asked for, not yet filled.
    pub(crate) fn asked_vectors(index: &VectorIndex, id: u32, space: SpaceId) -> Result<Self, ApiError> {
        let vectors = VectorsDescriptor::asked(index);
        Ok(Self {
            id,
            name: index.index_name.clone(),
            local: false,
            keys: vectors.keys(),
            projection: schema::projection(&index.projection)?,
            active: false,
            space: space.0,
            throughput: Throughput::default(),
            on_demand: None,
            warm: None,
            vectors: Some(vectors),
        })
    }
}

impl VectorsDescriptor {
    /// What is asked of a vector index, beside its name and its projection.
    pub(crate) fn asked(index: &VectorIndex) -> Self {
        let elements = index.search_schema.iter().flatten();
        Self {
            attribute: index.vector_attribute.clone(),
            // Checked to be small.
            dimensions: u32::try_from(index.dimensions).unwrap_or_default(),
            distance: index.distance_function.as_str().to_owned(),
            schema: elements
                .map(|element| SearchAttribute {
                    name: element.attribute_name.clone(),
                    partition: element.element_type == SearchSchemaElementType::Hash,
                })
                .collect(),
        }
    }

    fn keys(&self) -> Keys {
        let partition = self.schema.iter().filter(|attribute| attribute.partition);
        Keys { partition: partition.map(|attribute| attribute.name.clone()).collect(), sort: Vec::new() }
    }
}
