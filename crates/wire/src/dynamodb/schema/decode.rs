//! Reading the parts of a table's description: first as they stand, then checked at their paths.

use super::{
    AttributeDefinition, GlobalSecondaryIndex, KeySchemaElement, LocalSecondaryIndex, OnDemandThroughput,
    Projection, ProvisionedThroughput, SseSpecification, StreamSpecification, Tag, WarmThroughput,
};
use crate::json::{JsonError, Reader};
use crate::layer::{Constraint, Constraints};
use crate::member::{boolean, list, long, owned_string, string, strings, structure};

type Read<T> = Result<Option<T>, JsonError>;

/// Two texts: what both an attribute definition and an element of a key schema are before they are checked.
#[derive(Default)]
pub(in crate::dynamodb) struct Pair {
    pub(super) name: Option<String>,
    pub(super) kind: Option<String>,
}

pub(super) fn pair(reader: &mut Reader<'_>, name_member: &str, kind_member: &str) -> Result<Pair, JsonError> {
    let mut pair = Pair::default();
    structure(reader, |reader, name| {
        match name {
            _ if name == name_member => pair.name = owned_string(reader)?,
            _ if name == kind_member => pair.kind = owned_string(reader)?,
            _ => drop(reader.skip()?),
        }
        Ok(())
    })?;
    Ok(pair)
}

pub(in crate::dynamodb) fn attribute_definitions(reader: &mut Reader<'_>) -> Read<Vec<Pair>> {
    list(reader, |reader| pair(reader, "AttributeName", "AttributeType"))
}

pub(in crate::dynamodb) fn key_schema(reader: &mut Reader<'_>) -> Read<Vec<Pair>> {
    list(reader, |reader| pair(reader, "AttributeName", "KeyType"))
}

pub(in crate::dynamodb) fn tags(reader: &mut Reader<'_>) -> Read<Vec<Pair>> {
    list(reader, |reader| pair(reader, "Key", "Value"))
}

/// Capacities by whatever two names, before they are checked.
#[derive(Default)]
pub(in crate::dynamodb) struct Units {
    read: Option<i64>,
    write: Option<i64>,
}

fn units(reader: &mut Reader<'_>, read_member: &str, write_member: &str) -> Read<Units> {
    let mut units = Units::default();
    let present = structure(reader, |reader, name| {
        match name {
            _ if name == read_member => units.read = long(reader)?,
            _ if name == write_member => units.write = long(reader)?,
            _ => drop(reader.skip()?),
        }
        Ok(())
    })?;
    Ok(present.map(|()| units))
}

pub(in crate::dynamodb) fn provisioned_throughput(reader: &mut Reader<'_>) -> Read<Units> {
    units(reader, "ReadCapacityUnits", "WriteCapacityUnits")
}

pub(in crate::dynamodb) fn on_demand_throughput(reader: &mut Reader<'_>) -> Read<OnDemandThroughput> {
    let units = units(reader, "MaxReadRequestUnits", "MaxWriteRequestUnits")?;
    Ok(units.map(|units| OnDemandThroughput {
        max_read_request_units: units.read,
        max_write_request_units: units.write,
    }))
}

pub(in crate::dynamodb) fn warm_throughput(reader: &mut Reader<'_>) -> Read<WarmThroughput> {
    let units = units(reader, "ReadUnitsPerSecond", "WriteUnitsPerSecond")?;
    Ok(units.map(|units| WarmThroughput {
        read_units_per_second: units.read,
        write_units_per_second: units.write,
    }))
}

/// A projection before it is checked.
#[derive(Default)]
pub(in crate::dynamodb) struct RawProjection {
    projection_type: Option<String>,
    non_key_attributes: Option<Vec<String>>,
}

pub(super) fn projection(reader: &mut Reader<'_>) -> Read<RawProjection> {
    let mut raw = RawProjection::default();
    let present = structure(reader, |reader, name| {
        match name {
            "ProjectionType" => raw.projection_type = owned_string(reader)?,
            "NonKeyAttributes" => raw.non_key_attributes = strings(reader)?,
            _ => drop(reader.skip()?),
        }
        Ok(())
    })?;
    Ok(present.map(|()| raw))
}

/// An index of either kind, before it is checked.
#[derive(Default)]
pub(in crate::dynamodb) struct RawIndex {
    pub(in crate::dynamodb) index_name: Option<String>,
    key_schema: Option<Vec<Pair>>,
    projection: Option<RawProjection>,
    pub(in crate::dynamodb) provisioned_throughput: Option<Units>,
    pub(in crate::dynamodb) on_demand_throughput: Option<OnDemandThroughput>,
    pub(in crate::dynamodb) warm_throughput: Option<WarmThroughput>,
}

pub(in crate::dynamodb) fn index(reader: &mut Reader<'_>) -> Read<RawIndex> {
    let mut raw = RawIndex::default();
    let present = structure(reader, |reader, name| {
        match name {
            "IndexName" => raw.index_name = owned_string(reader)?,
            "KeySchema" => raw.key_schema = key_schema(reader)?,
            "Projection" => raw.projection = projection(reader)?,
            "ProvisionedThroughput" => raw.provisioned_throughput = provisioned_throughput(reader)?,
            "OnDemandThroughput" => raw.on_demand_throughput = on_demand_throughput(reader)?,
            "WarmThroughput" => raw.warm_throughput = warm_throughput(reader)?,
            _ => drop(reader.skip()?),
        }
        Ok(())
    })?;
    Ok(present.map(|()| raw))
}

pub(in crate::dynamodb) fn indexes(reader: &mut Reader<'_>) -> Read<Vec<RawIndex>> {
    list(reader, |reader| Ok(index(reader)?.unwrap_or_default()))
}

/// A stream specification before it is checked.
#[derive(Default)]
pub(in crate::dynamodb) struct RawStream {
    stream_enabled: Option<bool>,
    stream_view_type: Option<String>,
}

pub(in crate::dynamodb) fn stream_specification(reader: &mut Reader<'_>) -> Read<RawStream> {
    let mut raw = RawStream::default();
    let present = structure(reader, |reader, name| {
        match name {
            "StreamEnabled" => raw.stream_enabled = boolean(reader)?,
            "StreamViewType" => raw.stream_view_type = owned_string(reader)?,
            _ => drop(reader.skip()?),
        }
        Ok(())
    })?;
    Ok(present.map(|()| raw))
}

/// An encryption specification before it is checked.
#[derive(Default)]
pub(in crate::dynamodb) struct RawSse {
    enabled: Option<bool>,
    sse_type: Option<String>,
    kms_master_key_id: Option<String>,
}

pub(in crate::dynamodb) fn sse_specification(reader: &mut Reader<'_>) -> Read<RawSse> {
    let mut raw = RawSse::default();
    let present = structure(reader, |reader, name| {
        match name {
            "Enabled" => raw.enabled = boolean(reader)?,
            "SSEType" => raw.sse_type = string(reader)?.map(Into::into),
            "KMSMasterKeyId" => raw.kms_master_key_id = owned_string(reader)?,
            _ => drop(reader.skip()?),
        }
        Ok(())
    })?;
    Ok(present.map(|()| raw))
}

/// Checks parts of a description. Each method gives the part if nothing about it failed; what failed is in
/// the constraints, so that a part that is not given is never missed.
pub(in crate::dynamodb) struct Check<'a>(pub(in crate::dynamodb) &'a mut Constraints);

impl Check<'_> {
    pub(super) fn text(
        &mut self,
        path: String,
        text: Option<String>,
        min: usize,
        max: usize,
    ) -> Option<String> {
        match text {
            None => self.0.null(path),
            Some(_) => self.0.length(path, text.as_deref(), min, max),
        }
        text
    }

    pub(super) fn member_path(path: &str, index: usize, member: &str) -> String {
        format!("{path}.{}.member.{member}", index + 1)
    }

    pub(in crate::dynamodb) fn attribute_definitions(
        &mut self,
        path: &str,
        raw: Vec<Pair>,
    ) -> Vec<AttributeDefinition> {
        let mut definitions = Vec::with_capacity(raw.len());
        for (index, pair) in raw.into_iter().enumerate() {
            let name = self.text(Self::member_path(path, index, "attributeName"), pair.name, 1, 255);
            let kind_path = Self::member_path(path, index, "attributeType");
            if pair.kind.is_none() {
                self.0.null(kind_path.clone());
            }
            let kind = self.0.enumeration(kind_path, pair.kind.as_deref());
            if let (Some(attribute_name), Some(attribute_type)) = (name, kind) {
                definitions.push(AttributeDefinition { attribute_name, attribute_type });
            }
        }
        definitions
    }

    /// A key schema of at most `max` elements.
    pub(in crate::dynamodb) fn key_schema(
        &mut self,
        path: &str,
        raw: Option<Vec<Pair>>,
        max: usize,
    ) -> Vec<KeySchemaElement> {
        let Some(raw) = raw else {
            self.0.null(path.to_owned());
            return Vec::new();
        };
        if raw.is_empty() {
            self.0.fail(path.to_owned(), "[]", Constraint::MinLength(1));
        } else if raw.len() > max {
            self.0.fail(path.to_owned(), echo_key_schema(&raw), Constraint::MaxLength(max as i64));
        }
        let mut elements = Vec::with_capacity(raw.len());
        for (index, pair) in raw.into_iter().enumerate() {
            let name = self.text(Self::member_path(path, index, "attributeName"), pair.name, 1, 255);
            let kind_path = Self::member_path(path, index, "keyType");
            if pair.kind.is_none() {
                self.0.null(kind_path.clone());
            }
            let kind = self.0.enumeration(kind_path, pair.kind.as_deref());
            if let (Some(attribute_name), Some(key_type)) = (name, kind) {
                elements.push(KeySchemaElement { attribute_name, key_type });
            }
        }
        elements
    }

    pub(super) fn projection(&mut self, path: &str, raw: Option<RawProjection>) -> Projection {
        let Some(raw) = raw else {
            self.0.null(path.to_owned());
            return Projection::default();
        };
        let projection_type =
            self.0.enumeration(format!("{path}.projectionType"), raw.projection_type.as_deref());
        if let Some(names) = &raw.non_key_attributes {
            let path = format!("{path}.nonKeyAttributes");
            if names.is_empty() {
                self.0.fail(path.clone(), "[]", Constraint::MinLength(1));
            }
            self.0.texts(&path, names, &[Constraint::MaxLength(255), Constraint::MinLength(1)]);
        }
        Projection { projection_type, non_key_attributes: raw.non_key_attributes }
    }

    pub(in crate::dynamodb) fn provisioned_throughput(
        &mut self,
        path: &str,
        raw: Option<Units>,
    ) -> Option<ProvisionedThroughput> {
        let raw = raw?;
        for (member, value) in [("readCapacityUnits", raw.read), ("writeCapacityUnits", raw.write)] {
            let path = format!("{path}.{member}");
            match value {
                None => self.0.null(path),
                Some(value) if value < 1 => self.0.fail(path, value.to_string(), Constraint::MinValue(1)),
                Some(_) => {}
            }
        }
        Some(ProvisionedThroughput { read_capacity_units: raw.read?, write_capacity_units: raw.write? })
    }

    pub(in crate::dynamodb) fn index_name(&mut self, path: String, name: Option<String>) -> Option<String> {
        match &name {
            None => self.0.null(path),
            Some(text) => self.0.table_name_at(path, text),
        }
        name
    }

    pub(in crate::dynamodb) fn global_index(
        &mut self,
        path: &str,
        raw: RawIndex,
    ) -> Option<GlobalSecondaryIndex> {
        let index_name = self.index_name(format!("{path}.indexName"), raw.index_name);
        let key_schema = self.key_schema(&format!("{path}.keySchema"), raw.key_schema, 8);
        let projection = self.projection(&format!("{path}.projection"), raw.projection);
        let throughput_path = format!("{path}.provisionedThroughput");
        let provisioned_throughput =
            self.provisioned_throughput(&throughput_path, raw.provisioned_throughput);
        Some(GlobalSecondaryIndex {
            index_name: index_name?,
            key_schema,
            projection,
            provisioned_throughput,
            on_demand_throughput: raw.on_demand_throughput,
            warm_throughput: raw.warm_throughput,
        })
    }

    pub(in crate::dynamodb) fn global_indexes(
        &mut self,
        path: &str,
        raw: Option<Vec<RawIndex>>,
    ) -> Option<Vec<GlobalSecondaryIndex>> {
        let raw = raw?.into_iter().enumerate();
        Some(
            raw.filter_map(|(at, raw)| self.global_index(&format!("{path}.{}.member", at + 1), raw))
                .collect(),
        )
    }

    pub(in crate::dynamodb) fn local_indexes(
        &mut self,
        path: &str,
        raw: Option<Vec<RawIndex>>,
    ) -> Option<Vec<LocalSecondaryIndex>> {
        let mut indexes = Vec::new();
        for (at, raw) in raw?.into_iter().enumerate() {
            let path = format!("{path}.{}.member", at + 1);
            let index_name = self.index_name(format!("{path}.indexName"), raw.index_name);
            let key_schema = self.key_schema(&format!("{path}.keySchema"), raw.key_schema, 2);
            let projection = self.projection(&format!("{path}.projection"), raw.projection);
            if let Some(index_name) = index_name {
                indexes.push(LocalSecondaryIndex { index_name, key_schema, projection });
            }
        }
        Some(indexes)
    }

    pub(in crate::dynamodb) fn stream_specification(
        &mut self,
        raw: Option<RawStream>,
    ) -> Option<StreamSpecification> {
        let raw = raw?;
        self.0.required("streamSpecification.streamEnabled", raw.stream_enabled.as_ref());
        let stream_view_type =
            self.0.enumeration("streamSpecification.streamViewType", raw.stream_view_type.as_deref());
        Some(StreamSpecification { stream_enabled: raw.stream_enabled?, stream_view_type })
    }

    pub(in crate::dynamodb) fn sse_specification(&mut self, raw: Option<RawSse>) -> Option<SseSpecification> {
        let raw = raw?;
        let sse_type = self.0.enumeration("sSESpecification.sSEType", raw.sse_type.as_deref());
        Some(SseSpecification { enabled: raw.enabled, sse_type, kms_master_key_id: raw.kms_master_key_id })
    }

    pub(in crate::dynamodb) fn tags(&mut self, raw: Vec<Pair>) -> Vec<Tag> {
        let mut tags = Vec::with_capacity(raw.len());
        for (index, pair) in raw.into_iter().enumerate() {
            let key = self.text(Self::member_path("tags", index, "key"), pair.name, 1, 128);
            let value = self.text(Self::member_path("tags", index, "value"), pair.kind, 0, 256);
            if let (Some(key), Some(value)) = (key, value) {
                tags.push(Tag { key, value });
            }
        }
        tags
    }
}

fn echo_key_schema(raw: &[Pair]) -> String {
    let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "null".to_owned());
    let elements = raw.iter().map(|pair| {
        format!("KeySchemaElement(attributeName={}, keyType={})", text(&pair.name), text(&pair.kind))
    });
    format!("[{}]", elements.collect::<Vec<_>>().join(", "))
}
