//! How a table is changed in place: one UpdateTable for each thing that must stand alone in its request, and the operations
//! for what is not a part of the table itself.

use super::handler::{Done, Place, differs, document, picked};
use super::refusal::Refusal;
use super::table::{described, encryption_request, index};
use super::table_present::as_it_is;
use super::tags;
use serde_json::{Map, Value as Json, json};
use wire::Operation;

/// Changes a table.
pub(super) async fn change(place: Place<'_>, id: &str, before: &Json, after: &Json) -> Done<()> {
    let before = &as_it_is(place, id, before, after).await?;
    let indexes = Indexes::new(before, after)?;
    let update = async |members: Json| update(place, id, members).await;
    if let Some(members) = capacity(before, after) {
        update(members).await?;
    }
    if differs(before, after, "DeletionProtectionEnabled") {
        let enabled = after["DeletionProtectionEnabled"].as_bool().unwrap_or(false);
        update(json!({ "DeletionProtectionEnabled": enabled })).await?;
    }
    if differs(before, after, "TableClass") {
        let class = after["TableClass"].as_str().unwrap_or("STANDARD");
        update(json!({ "TableClass": class })).await?;
    }
    if differs(before, after, "SSESpecification") {
        let encryption = after.get("SSESpecification").map(encryption_request);
        let encryption = encryption.unwrap_or_else(|| json!({ "Enabled": false }));
        update(json!({ "SSESpecification": encryption })).await?;
    }
    if let (true, Some(warm)) = (differs(before, after, "WarmThroughput"), after.get("WarmThroughput")) {
        update(json!({ "WarmThroughput": warm })).await?;
    }
    stream(place, id, before, after).await?;
    indexes.apply(place, id, after).await?;
    if differs(before, after, "ResourcePolicy") {
        let arn = table_arn(place, id).await?;
        policy(place, &arn, &after["ResourcePolicy"]).await?;
    }
    retag(place, id, before, after).await?;
    beside(place, id, before, after).await
}

async fn table_arn(place: Place<'_>, id: &str) -> Done<String> {
    let table = described(place, id).await?;
    Ok(table["TableArn"].as_str().unwrap_or_default().to_owned())
}

async fn update(place: Place<'_>, id: &str, mut members: Json) -> Done<()> {
    members["TableName"] = json!(id);
    place.dynamodb(Operation::UpdateTable, &members).await.map(drop)
}

/// What a change says of capacity: all of it is one request, since a table that becomes provisioned needs it of its indexes
/// too.
fn capacity(before: &Json, after: &Json) -> Option<Json> {
    let mode = |table: &Json| table["BillingMode"].as_str().unwrap_or("PROVISIONED").to_owned();
    let switched = mode(before) != mode(after);
    let mut request = Map::new();
    if switched {
        request.insert("BillingMode".to_owned(), json!(mode(after)));
    }
    // The throughput of the one mode means nothing in the other.
    let on_demand = mode(after) == "PAY_PER_REQUEST";
    let throughput = if on_demand { "OnDemandThroughput" } else { "ProvisionedThroughput" };
    if let (true, Some(value)) = (switched || differs(before, after, throughput), after.get(throughput)) {
        request.insert(throughput.to_owned(), value.clone());
    }
    let (old, new) = (named(before, "GlobalSecondaryIndexes"), named(after, "GlobalSecondaryIndexes"));
    let mut updates = Vec::new();
    for (name, now) in &new {
        let Some((_, was)) = old.iter().find(|(other, _)| other == name) else { continue };
        let changed = [throughput, "WarmThroughput"].into_iter().filter(|member| {
            let becomes = switched && *member == "ProvisionedThroughput";
            becomes || differs(was, now, member)
        });
        let mut update = picked(now, &changed.collect::<Vec<_>>());
        if !update.is_empty() {
            update.insert("IndexName".to_owned(), json!(name));
            updates.push(json!({ "Update": update }));
        }
    }
    if !updates.is_empty() {
        request.insert("GlobalSecondaryIndexUpdates".to_owned(), Json::Array(updates));
    }
    (!request.is_empty()).then_some(Json::Object(request))
}

/// Switches the stream: one of another view is another stream.
async fn stream(place: Place<'_>, id: &str, before: &Json, after: &Json) -> Done<()> {
    let view = |table: &Json| table["StreamSpecification"].get("StreamViewType").cloned();
    let (was, now) = (view(before), view(after));
    if was == now {
        return Ok(());
    }
    if was.is_some() {
        update(place, id, json!({ "StreamSpecification": { "StreamEnabled": false } })).await?;
    }
    if let Some(view) = now {
        let specification = json!({ "StreamEnabled": true, "StreamViewType": view });
        update(place, id, json!({ "StreamSpecification": specification })).await?;
    }
    Ok(())
}

/// The elements of a list by their `IndexName`.
pub(super) fn named<'a>(table: &'a Json, list: &str) -> Vec<(&'a str, &'a Json)> {
    let elements = table.get(list).and_then(Json::as_array);
    elements
        .into_iter()
        .flatten()
        .map(|element| (element["IndexName"].as_str().unwrap_or_default(), element))
        .collect()
}

/// The index that is made or deleted.
struct Indexes {
    change: Option<(&'static str, Json)>,
}

const INDEX_UPDATE: &str = "Cannot update GSI's properties other than Provisioned Throughput and Contributor Insights \
                            Specification. You can create a new GSI with a different name.";

impl Indexes {
    /// At most one may come or go in an update.
    fn new(before: &Json, after: &Json) -> Done<Self> {
        let mut changes = Vec::new();
        let lists = [
            ("GlobalSecondaryIndexes", "GlobalSecondaryIndexUpdates"),
            ("VectorIndexes", "VectorIndexUpdates"),
        ];
        for (list, updates) in lists {
            let (old, new) = (named(before, list), named(after, list));
            for (name, _) in old.iter().filter(|(name, _)| !new.iter().any(|(other, _)| other == name)) {
                changes.push((updates, json!({ "Delete": { "IndexName": name } })));
            }
            for (name, now) in &new {
                match old.iter().find(|(other, _)| other == name) {
                    None => changes.push((updates, json!({ "Create": index(now) }))),
                    Some((_, was)) if is_other(was, now) => return Err(Refusal::invalid(INDEX_UPDATE)),
                    Some(_) => {}
                }
            }
        }
        if changes.len() > 1 {
            return Err(Refusal::invalid(
                "Cannot perform more than one GSI creation or deletion in a single update",
            ));
        }
        Ok(Self { change: changes.pop() })
    }

    async fn apply(self, place: Place<'_>, id: &str, after: &Json) -> Done<()> {
        let Some((updates, change)) = self.change else { return Ok(()) };
        let mut request = json!({ updates: [change] });
        if let Some(definitions) = after.get("AttributeDefinitions") {
            request["AttributeDefinitions"] = definitions.clone();
        }
        update(place, id, request).await?;
        place.services.database.indexes_active(&place.caller(), id).await;
        Ok(())
    }
}

/// Whether an index of this name is not the same one.
fn is_other(was: &Json, now: &Json) -> bool {
    let members =
        ["Dimensions", "DistanceFunction", "KeySchema", "Projection", "SearchSchema", "VectorAttribute"];
    members.iter().any(|member| differs(was, now, member))
}

async fn policy(place: Place<'_>, arn: &str, policy: &Json) -> Done<()> {
    let done = match policy.get("PolicyDocument") {
        Some(policy) => {
            let request = json!({ "ResourceArn": arn, "Policy": document(policy) });
            place.dynamodb(Operation::PutResourcePolicy, &request).await
        }
        None => place.dynamodb(Operation::DeleteResourcePolicy, &json!({ "ResourceArn": arn })).await,
    };
    done.map(drop)
}

async fn retag(place: Place<'_>, id: &str, before: &Json, after: &Json) -> Done<()> {
    let change = tags::Change::new(place, before, after);
    if change.is_nothing() {
        return Ok(());
    }
    let arn = table_arn(place, id).await?;
    if !change.removed.is_empty() {
        let request = json!({ "ResourceArn": arn, "TagKeys": change.removed });
        place.dynamodb(Operation::UntagResource, &request).await?;
    }
    if !change.set.is_empty() {
        let request = json!({ "ResourceArn": arn, "Tags": tags::list(&change.set) });
        place.dynamodb(Operation::TagResource, &request).await?;
    }
    Ok(())
}

/// Sets what is beside the table: time to live, recovery, the data stream, insights, the policy of the stream.
pub(super) async fn beside(place: Place<'_>, id: &str, before: &Json, after: &Json) -> Done<()> {
    if differs(before, after, "TimeToLiveSpecification") {
        time_to_live(place, id, before, after).await?;
    }
    if differs(before, after, "PointInTimeRecoverySpecification") {
        let mut given = after.get("PointInTimeRecoverySpecification").cloned().unwrap_or_else(|| json!({}));
        if given.get("PointInTimeRecoveryEnabled").is_none() {
            given["PointInTimeRecoveryEnabled"] = json!(false);
        }
        let request = json!({ "TableName": id, "PointInTimeRecoverySpecification": given });
        place.dynamodb(Operation::UpdateContinuousBackups, &request).await?;
    }
    if differs(before, after, "KinesisStreamSpecification") {
        data_stream(place, id, before, after).await?;
    }
    insights(place, (id, None), before, after).await?;
    let old = named(before, "GlobalSecondaryIndexes");
    for (name, index) in named(after, "GlobalSecondaryIndexes") {
        let was = old.iter().find(|(other, _)| *other == name).map(|(_, was)| (*was).clone());
        insights(place, (id, Some(name)), &was.unwrap_or_default(), index).await?;
    }
    let of_stream = |table: &Json| table["StreamSpecification"].clone();
    let (was, now) = (of_stream(before), of_stream(after));
    if differs(&was, &now, "ResourcePolicy") && now.get("StreamViewType").is_some() {
        let table = described(place, id).await?;
        let arn = table["LatestStreamArn"].as_str().unwrap_or_default();
        policy(place, arn, &now["ResourcePolicy"]).await?;
    }
    Ok(())
}

async fn time_to_live(place: Place<'_>, id: &str, before: &Json, after: &Json) -> Done<()> {
    let enabled = |table: &Json| {
        let given = &table["TimeToLiveSpecification"];
        (given["Enabled"] == true).then(|| given["AttributeName"].clone())
    };
    let (was, now) = (enabled(before), enabled(after));
    let set = async |attribute: &Json, enabled: bool| {
        let specification = json!({ "AttributeName": attribute, "Enabled": enabled });
        let request = json!({ "TableName": id, "TimeToLiveSpecification": specification });
        place.dynamodb(Operation::UpdateTimeToLive, &request).await
    };
    if was == now {
        return Ok(());
    }
    if let Some(attribute) = was {
        set(&attribute, false).await?;
    }
    if let Some(attribute) = now {
        set(&attribute, true).await?;
    }
    Ok(())
}

async fn data_stream(place: Place<'_>, id: &str, before: &Json, after: &Json) -> Done<()> {
    const PRECISION: &str = "ApproximateCreationDateTimePrecision";
    let given = |table: &Json| table.get("KinesisStreamSpecification").cloned();
    let (was, now) = (given(before), given(after));
    let request = |specification: &Json| json!({ "TableName": id, "StreamArn": specification["StreamArn"] });
    if let (Some(was), Some(now)) = (&was, &now)
        && was["StreamArn"] == now["StreamArn"]
    {
        let precision =
            |specification: &Json| specification[PRECISION].as_str().unwrap_or("MILLISECOND").to_owned();
        if precision(was) == precision(now) {
            return Ok(());
        }
        let mut request = request(now);
        request["UpdateKinesisStreamingConfiguration"] = json!({ PRECISION: precision(now) });
        return place.dynamodb(Operation::UpdateKinesisStreamingDestination, &request).await.map(drop);
    }
    if let Some(was) = &was {
        place.dynamodb(Operation::DisableKinesisStreamingDestination, &request(was)).await?;
    }
    if let Some(now) = &now {
        let mut request = request(now);
        if let Some(precision) = now.get(PRECISION) {
            request["EnableKinesisStreamingConfiguration"] = json!({ PRECISION: precision });
        }
        place.dynamodb(Operation::EnableKinesisStreamingDestination, &request).await?;
    }
    Ok(())
}

async fn insights(
    place: Place<'_>,
    (id, index): (&str, Option<&str>),
    before: &Json,
    after: &Json,
) -> Done<()> {
    const NAME: &str = "ContributorInsightsSpecification";
    if !differs(before, after, NAME) {
        return Ok(());
    }
    let enabled = after[NAME]["Enabled"] == true;
    // Nothing is switched off that never was on.
    if !enabled && before[NAME]["Enabled"] != true {
        return Ok(());
    }
    let action = if enabled { "ENABLE" } else { "DISABLE" };
    let mut request = json!({ "TableName": id, "ContributorInsightsAction": action });
    if let Some(index) = index {
        request["IndexName"] = json!(index);
    }
    if let (true, Some(mode)) = (enabled, after[NAME].get("Mode")) {
        request["ContributorInsightsMode"] = mode.clone();
    }
    place.dynamodb(Operation::UpdateContributorInsights, &request).await.map(drop)
}
