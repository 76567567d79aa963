//! The rules of keys, attribute definitions, indexes and projections, and how AWS words what breaks them.
//!
//! CreateTable checks a whole table, UpdateTable the indexes it adds; both come here. Member constraints
//! (lengths, enumerations) were checked when the request was decoded.

use crate::descriptor::{Attribute, Keys, ProjectionDescriptor, Scalar};
use crate::java_order::{DEFAULT, java_order};
use wire::ApiError;
use wire::dynamodb::enumeration::{KeyType, ProjectionType, ScalarAttributeType};
use wire::dynamodb::schema::{AttributeDefinition, KeySchemaElement, Projection, VectorIndex};

/// The most local indexes of a table.
pub(crate) const LOCAL_INDEXES_MAX: usize = 5;
/// The most global indexes of a table.
pub(crate) const GLOBAL_INDEXES_MAX: usize = 20;
/// The most attributes named by `INCLUDE` projections, over all indexes of a table.
pub(crate) const INCLUDED_MAX: usize = 100;
/// The most partition or sort attributes in the key of a global index.
const MULTI_ATTRIBUTE_MAX: usize = 4;

/// `One or more parameter values were invalid: ...`.
pub(crate) fn invalid(detail: impl std::fmt::Display) -> ApiError {
    ApiError::validation(format!("One or more parameter values were invalid: {detail}"))
}

/// What is asked of one index.
pub(crate) struct IndexRequest<'a> {
    pub(crate) name: &'a str,
    pub(crate) local: bool,
    pub(crate) keys: &'a [KeySchemaElement],
    pub(crate) projection: &'a Projection,
}

/// What is asked of a table's keys and indexes.
pub(crate) struct SchemaRequest<'a> {
    pub(crate) attributes: &'a [AttributeDefinition],
    pub(crate) keys: &'a [KeySchemaElement],
    /// Local ones first.
    pub(crate) indexes: Vec<IndexRequest<'a>>,
    pub(crate) vectors: &'a [VectorIndex],
}

/// The definitions as stored, unless a name is there twice.
pub(crate) fn attributes(definitions: &[AttributeDefinition]) -> Result<Vec<Attribute>, ApiError> {
    let mut known: Vec<Attribute> = Vec::with_capacity(definitions.len());
    for definition in definitions {
        if known.iter().any(|attribute| attribute.name == definition.attribute_name) {
            return Err(ApiError::validation("Cannot have two attributes with the same name"));
        }
        let kind = match definition.attribute_type {
            ScalarAttributeType::S => Scalar::S,
            ScalarAttributeType::N => Scalar::N,
            ScalarAttributeType::B => Scalar::B,
        };
        known.push(Attribute { name: definition.attribute_name.clone(), kind });
    }
    Ok(known)
}

/// Checks a whole table.
pub(crate) fn check_table(request: &SchemaRequest<'_>) -> Result<(), ApiError> {
    let known = attributes(request.attributes)?;
    simple_keys(request.keys)?;
    let keys = std::iter::once(request.keys).chain(request.indexes.iter().map(|index| index.keys));
    for keys in keys {
        check_defined(keys, &known)?;
    }
    check_indexes(request)?;
    check_all_used(request, &known)
}

/// A key of one partition attribute and at most one sort attribute.
fn simple_keys(keys: &[KeySchemaElement]) -> Result<(), ApiError> {
    if keys.first().is_none_or(|key| key.key_type != KeyType::Hash) {
        return Err(ApiError::validation(
            "Invalid KeySchema: The first KeySchemaElement is not a HASH key type",
        ));
    }
    let Some(second) = keys.get(1) else { return Ok(()) };
    if second.attribute_name == keys[0].attribute_name {
        return Err(same_name());
    }
    if second.key_type != KeyType::Range {
        return Err(ApiError::validation(
            "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type",
        ));
    }
    Ok(())
}

fn same_name() -> ApiError {
    ApiError::validation("Both the Hash Key and the Range Key element in the KeySchema have the same name")
}

/// The key of a global index: up to four attributes of each part.
fn multi_keys(keys: &[KeySchemaElement]) -> Result<(), ApiError> {
    if keys.len() <= 2 {
        let both_hash = keys.len() == 2 && keys.iter().all(|key| key.key_type == KeyType::Hash);
        if !(both_hash && keys[0].attribute_name != keys[1].attribute_name) {
            return simple_keys(keys);
        }
    }
    for (part, name) in [(KeyType::Hash, "HASH"), (KeyType::Range, "RANGE")] {
        if keys.iter().filter(|key| key.key_type == part).count() > MULTI_ATTRIBUTE_MAX {
            let text = format!("The KeySchema exceeds the maximum allowed number of {name} key attributes");
            return Err(invalid(text));
        }
    }
    if keys.first().is_none_or(|key| key.key_type != KeyType::Hash) {
        return Err(ApiError::validation(
            "Invalid KeySchema: The first KeySchemaElement is not a HASH key type",
        ));
    }
    if !keys.is_sorted_by_key(|key| key.key_type == KeyType::Range) {
        return Err(invalid("All HASH key attributes must precede RANGE key attributes in the KeySchema"));
    }
    let twice =
        |place: usize| keys[..place].iter().any(|key| key.attribute_name == keys[place].attribute_name);
    if (1..keys.len()).any(twice) {
        return Err(ApiError::validation(
            "The KeySchema contains multiple key attributes with the same name",
        ));
    }
    Ok(())
}

fn check_defined(keys: &[KeySchemaElement], known: &[Attribute]) -> Result<(), ApiError> {
    let defined = |name: &str| known.iter().any(|attribute| attribute.name == name);
    if keys.iter().all(|key| defined(&key.attribute_name)) {
        return Ok(());
    }
    let names = java_order(keys.iter().map(|key| key.attribute_name.as_str()), DEFAULT);
    if known.len() < names.len() {
        return Err(ApiError::validation("Invalid KeySchema: Some index key attribute have no definition"));
    }
    Err(invalid(format!(
        "Some index key attributes are not defined in AttributeDefinitions. Keys: [{}], AttributeDefinitions: [{}]",
        names.join(", "),
        definitions_listed(known)
    )))
}

fn definitions_listed(known: &[Attribute]) -> String {
    java_order(known.iter().map(|attribute| attribute.name.as_str()), known.len()).join(", ")
}

fn check_indexes(request: &SchemaRequest<'_>) -> Result<(), ApiError> {
    let local = request.indexes.iter().filter(|index| index.local).count();
    if local > 0 && request.keys.len() < 2 {
        return Err(invalid(
            "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex",
        ));
    }
    for (place, index) in request.indexes.iter().enumerate() {
        check_index(index, &request.keys[0].attribute_name)?;
        if request.indexes[..place].iter().any(|other| other.name == index.name) {
            return Err(invalid(format!("Duplicate index name: {}", index.name)));
        }
    }
    if local > LOCAL_INDEXES_MAX {
        return Err(invalid(format!(
            "Number of LocalSecondaryIndexes exceeds per-table limit of {LOCAL_INDEXES_MAX}"
        )));
    }
    if request.indexes.len() - local > GLOBAL_INDEXES_MAX {
        return Err(too_many_global());
    }
    let included =
        |index: &IndexRequest<'_>| index.projection.non_key_attributes.as_ref().map_or(0, Vec::len);
    for (place, index) in request.vectors.iter().enumerate() {
        let name = &index.index_name;
        let others = request.indexes.iter().map(|other| other.name);
        let before = request.vectors[..place].iter().map(|other| other.index_name.as_str());
        if others.chain(before).any(|other| other == name) {
            return Err(invalid(format!("Duplicate index name: {name}")));
        }
    }
    let of_vectors = |index: &VectorIndex| index.projection.non_key_attributes.as_ref().map_or(0, Vec::len);
    let of_vectors: usize = request.vectors.iter().map(of_vectors).sum();
    check_included(request.indexes.iter().map(included).sum::<usize>() + of_vectors)
}

/// More global indexes than a table may have.
pub(crate) fn too_many_global() -> ApiError {
    invalid(format!("GlobalSecondaryIndex count exceeds the per-table limit of {GLOBAL_INDEXES_MAX}"))
}

/// The number of attributes that all indexes of a table include.
pub(crate) fn check_included(count: usize) -> Result<(), ApiError> {
    if count <= INCLUDED_MAX {
        return Ok(());
    }
    Err(invalid(format!(
        "Number of projected attributes exceeds the per-table limit of {INCLUDED_MAX}: {count}"
    )))
}

/// Checks the key and the projection of one index.
pub(crate) fn check_index(index: &IndexRequest<'_>, table_partition: &str) -> Result<(), ApiError> {
    if index.local {
        simple_keys(index.keys)?;
        local_keys(index, table_partition)?;
    } else {
        multi_keys(index.keys)?;
    }
    projection(index.projection).map(|_| ())
}

fn local_keys(index: &IndexRequest<'_>, table_partition: &str) -> Result<(), ApiError> {
    let partition = &index.keys[0].attribute_name;
    if index.keys.len() < 2 {
        return Err(invalid(format!("Index KeySchema does not have a range key for index: {}", index.name)));
    }
    if partition != table_partition {
        return Err(invalid(format!(
            "Index KeySchema does not have the same leading hash key as table KeySchema for index: {}. index hash \
             key: {partition}, table hash key: {table_partition}",
            index.name
        )));
    }
    Ok(())
}

/// The projection as stored, unless it contradicts itself.
pub(crate) fn projection(projection: &Projection) -> Result<ProjectionDescriptor, ApiError> {
    let named = projection.non_key_attributes.as_ref();
    match (projection.projection_type, named) {
        (None, _) => Err(invalid("Unknown ProjectionType: null")),
        (Some(ProjectionType::All), None) => Ok(ProjectionDescriptor::All),
        (Some(ProjectionType::KeysOnly), None) => Ok(ProjectionDescriptor::KeysOnly),
        (Some(ProjectionType::All), Some(_)) => {
            Err(invalid("ProjectionType is ALL, but NonKeyAttributes is specified"))
        }
        (Some(ProjectionType::KeysOnly), Some(_)) => {
            Err(invalid("ProjectionType is KEYS_ONLY, but NonKeyAttributes is specified"))
        }
        (Some(ProjectionType::Include), Some(names)) if !names.is_empty() => {
            Ok(ProjectionDescriptor::Include(names.clone()))
        }
        (Some(ProjectionType::Include), _) => {
            Err(invalid("ProjectionType is INCLUDE, but NonKeyAttributes is not specified"))
        }
    }
}

fn check_all_used(request: &SchemaRequest<'_>, known: &[Attribute]) -> Result<(), ApiError> {
    let keys = request.keys.iter().chain(request.indexes.iter().flat_map(|index| index.keys));
    let searched = request.vectors.iter().flat_map(|index| index.search_schema.iter().flatten());
    let searched = searched.map(|element| element.attribute_name.as_str());
    let used = java_order(keys.map(|key| key.attribute_name.as_str()).chain(searched), DEFAULT);
    if known.iter().all(|attribute| used.contains(&attribute.name.as_str())) {
        return Ok(());
    }
    if request.indexes.is_empty() && request.vectors.is_empty() {
        return Err(invalid(
            "Number of attributes in KeySchema does not exactly match number of attributes defined in \
             AttributeDefinitions",
        ));
    }
    Err(invalid(format!(
        "Some AttributeDefinitions are not used. AttributeDefinitions: [{}], keys used: [{}]",
        definitions_listed(known),
        used.join(", ")
    )))
}

/// Checks an index that is added to a table with these definitions.
pub(crate) fn check_added(
    index: &IndexRequest<'_>,
    known: &[Attribute],
    table_partition: &str,
) -> Result<(), ApiError> {
    check_defined(index.keys, known)?;
    check_index(index, table_partition)
}

/// Key elements as stored.
pub(crate) fn keys(elements: &[KeySchemaElement]) -> Keys {
    let part = |part: KeyType| {
        let of_part = elements.iter().filter(|key| key.key_type == part);
        of_part.map(|key| key.attribute_name.clone()).collect()
    };
    Keys { partition: part(KeyType::Hash), sort: part(KeyType::Range) }
}
